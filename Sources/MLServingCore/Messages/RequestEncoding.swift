/// How a request is encoded, and how its answer is to be.
struct RequestEncoding: Sendable {
    /// What the inputs are encoded by.
    let input: any PayloadCodec
    /// What the answer is to be encoded by: what the request asks for, else what it came in, and MessagePack where nobody here knows that.
    let output: any PayloadCodec
    /// Whether the answer is the bare output, as the template's programs expect it, instead of a record.
    let isBare: Bool
    /// Why the request cannot be served, if it names a content type that nobody here knows.
    let refusal: ServingError?

    /// The request as another system's, if it is that.
    let foreign: (any ForeignRequest)?

    /// How a request of another system is encoded.
    init(_ foreign: any ForeignRequest) {
        input = foreign.inputCodec
        output = foreign.outputCodec
        isBare = false
        refusal = nil
        self.foreign = foreign
    }

    init(_ message: Message, codecs: PayloadCodecs) {
        var refusal: ServingError?
        var codec: any PayloadCodec = MessagePackCodec()
        do throws(ServingError) {
            // What is compressed without a name is nobody's but ours, and not a pickle.
            let type = message.contentType ?? (message.contentEncoding == nil ? nil : ContentType.messagePack.rawValue)
            codec = if let type { try codecs.codec(for: type) } else { try codecs.codec(sniffing: message.body) }
        } catch {
            refusal = error
        }
        var accepted: (any PayloadCodec)?
        if refusal == nil, let type = message.headers[MessageHeader.accept] {
            do throws(ServingError) {
                accepted = try codecs.codec(for: type.string ?? "\(type)")
            } catch {
                refusal = error
                refusal?.message = "\(MessageHeader.accept): \(error.message)"
            }
        }
        input = codec
        output = accepted ?? codec
        // The template's programs pickle, and name no content type; nobody else does both.
        isBare = message.contentType == nil && codec.contentType == .pickle && message.headers[MessageHeader.items] == nil
        self.refusal = refusal
        foreign = nil
    }
}
