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
            throw ServingError(code: .invalidInput, message: "the input is not JSON (a text needs quotes): \(error.plainText)")
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

extension WireFormat {
    /// The values of a list that is given as JSON.
    func values(fromJSONList text: [UInt8]) throws -> [EncodedValue] {
        let parts: [ArraySlice<UInt8>]
        do {
            parts = try JSONCodec().split(list: text[...])
        } catch {
            throw ServingError(code: .invalidInput, message: "--list takes a JSON array, such as [\"one\", \"two\"]: \(error.plainText)")
        }
        return try parts.enumerated().map { index, part in
            do {
                return try value(fromJSON: Array(part))
            } catch let error as ServingError {
                throw ServingError(code: error.code, message: "input \(index + 1) of the list: \(error.message)")
            }
        }
    }
}

extension Error {
    /// What went wrong, in words, without the names of Swift's types.
    fileprivate var plainText: String {
        switch self {
        case let error as ServingError: error.message
        case let error as DecodingError: ErrorReport(error).line ?? ""
        default: "\(self)"
        }
    }
}

extension EncodedValue {
    /// The value as JSON: what is JSON as it is, all else in one line.
    func jsonText() throws -> String {
        if contentType == .json {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw ServingError(code: .invalidOutput, message: "the output is said to be JSON, and is not UTF-8")
            }
            // Anybody may have written it, and it goes to a terminal.
            guard (try? JSONReader().read(bytes)) != nil else {
                throw ServingError(code: .invalidOutput, message: "the output is said to be JSON, and is not")
            }
            return text.escapedForTerminals
        }
        let codec = try PayloadCodecs.standard.codec(for: contentType.rawValue)
        return try JSONValue(bytes, codec: codec).text
    }
}

extension String {
    /// JSON that says the same, in which what controls a terminal, or turns the direction of text, is escaped. Outside of strings there is none of
    /// it but white space.
    fileprivate var escapedForTerminals: String {
        func isHarmful(_ scalar: Unicode.Scalar) -> Bool { scalar.isUnprintable && !["\n", "\r", "\t"].contains(scalar) }
        guard unicodeScalars.contains(where: isHarmful) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            if isHarmful(scalar) {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
