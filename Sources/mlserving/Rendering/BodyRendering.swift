import JSON
import MLServing

/// A message's body in a form that can be read, as far as its content type and its bytes allow.
struct BodyRendering {
    enum Form: String {
        case json
        case messagePack = "msgpack"
        case pickle
        case text
        /// Neither of those.
        case bytes
    }

    let form: Form
    /// For a person. What a terminal would heed is escaped.
    let text: String
    /// For a program: the value of JSON, MessagePack and pickle, a string of text, and base64 of bytes.
    let json: JSONValue

    init(_ message: Message) {
        let body = (try? message.expandedBody()) ?? message.body
        // As consumers have it: what does not say what it is, is MessagePack or a pickle.
        let contentType = message.contentType.map { ContentType(rawValue: $0) } ?? ContentType.sniffed(from: body[...])
        switch contentType {
        case .messagePack:
            if let value = try? JSONValue(body[...], codec: MessagePackCodec()) {
                self.init(.messagePack, value.text, value)
                return
            }
        case .pickle, .pythonSerialize:
            if let value = try? JSONValue(body[...], codec: PickleCodec()) {
                self.init(.pickle, value.text, value)
                return
            }
        case .json:
            if let value = try? JSONReader().read(body[...]) {
                self.init(.json, String(decoding: body, as: UTF8.self).printableLines, value)
                return
            }
        default: break
        }
        if let text = Self.text(of: body, isText: contentType.rawValue.hasPrefix("text/")) {
            self.init(.text, text.printableLines, .string(text))
        } else {
            self.init(.bytes, HexDump.text(of: body), .string(Base64.text(of: body)))
        }
    }

    private init(_ form: Form, _ text: String, _ json: JSONValue) {
        self.form = form
        self.text = text
        self.json = json
    }

    /// The bytes as text, if they are UTF-8 and, unless they say that they are text, have no control characters but space.
    private static func text(of bytes: [UInt8], isText: Bool) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            scalar == "\n" || scalar == "\r" || scalar == "\t" || scalar.properties.generalCategory != .control
        }
        return isText || isPlain ? text : nil
    }
}
