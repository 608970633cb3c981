import ArgumentParser
import MLServing
import MessagePack

/// The encodings in which the command line asks.
enum WireFormat: String, CaseIterable, ExpressibleByArgument {
    case json
    case messagePack = "msgpack"
    case pickle

    var codec: any PayloadCodec {
        switch self {
        case .json: JSONCodec()
        case .messagePack: MessagePackCodec()
        case .pickle: PickleCodec()
        }
    }

    /// A value that is given as JSON, as it travels: JSON as it is, once it has proved to be JSON.
    func value(fromJSON text: [UInt8]) throws -> EncodedValue {
        do {
            if self == .json {
                _ = try JSONCodec().decode(AnyJSON.self, from: text[...])
                return EncodedValue(contentType: .json, bytes: text[...])
            }
            let value = try JSONCodec().decode(MessagePackValue.self, from: text[...])
            return EncodedValue(contentType: codec.contentType, bytes: try codec.encode(value)[...])
        } catch {
            throw ServingError(code: .invalidInput, message: "the input is not JSON (a text needs quotes): \(error)")
        }
    }
}

extension EncodedValue {
    /// The value as JSON: what is JSON as it is, all else in one line.
    func jsonText() throws -> String {
        if contentType == .json { return String(decoding: bytes, as: UTF8.self) }
        let codec = try PayloadCodecs.standard.codec(for: contentType.rawValue)
        return JSONText(try codec.decode(MessagePackValue.self, from: bytes)).text
    }
}
