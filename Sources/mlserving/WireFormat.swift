import ArgumentParser
import JSON
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
    ///
    /// - Throws: ``ServingError`` with `invalid_input`.
    func value(fromJSON text: [UInt8]) throws -> EncodedValue {
        let value: JSONValue
        do {
            value = try JSONReader().read(text[...])
        } catch {
            throw ServingError(code: .invalidInput, message: "the input is not JSON (a text needs quotes): \(error)")
        }
        let bytes: [UInt8] =
            switch self {
            case .json: text
            case .messagePack: try MessagePackCodec().encode(try value.messagePack())
            case .pickle: try PickleCodec().encode(try value.pickle())
            }
        return EncodedValue(contentType: codec.contentType, bytes: bytes[...])
    }
}

extension EncodedValue {
    /// The value as JSON: what is JSON as it is, all else in one line.
    func jsonText() throws -> String {
        if contentType == .json { return String(decoding: bytes, as: UTF8.self) }
        let codec = try PayloadCodecs.standard.codec(for: contentType.rawValue)
        return try JSONValue(bytes, codec: codec).text
    }
}
