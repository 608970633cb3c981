import Foundation
import JSON
import MLServing
import MessagePack
import Pickle
import Testing

@testable import mlserving

@Suite("Rendering")
struct RenderingTests {
    // MARK: Bodies

    @Test func messagePackIsShownAsJSON() {
        let bytes: [UInt8] = [0x82, 0xA1, 0x61, 0x93, 0x01, 0xC0, 0xC3, 0x02, 0xCB, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0]
        for contentType in ["application/msgpack", nil] {
            let body = BodyRendering(Message(body: bytes, contentType: contentType))
            #expect(body.form == .messagePack)
            #expect(body.text == #"{"a":[1,null,true],"2":1.5}"#)
            #expect(body.json.text == body.text)
        }
    }

    @Test func bytesWithinMessagePackAreShownInBase64() {
        let body = BodyRendering(Message(body: [0x93, 0xC4, 0x02, 0x01, 0xFF, 0xD4, 0x05, 0x2A, 0xCA, 0x7F, 0xC0, 0, 0]))
        #expect(body.text == #"[{"$base64":"Af8="},{"$type":5,"$base64":"Kg=="},"nan"]"#)
    }

    @Test func jsonIsShownAsItIs() {
        let text = "{\"a\" : [1.50, \"\u{17C}\"]}"
        let body = BodyRendering(Message(body: [UInt8](text.utf8), contentType: "application/json; charset=utf-8"))
        #expect(body.form == .json && body.text == text && body.json.text == "{\"a\":[1.50,\"\u{17C}\"]}")
    }

    @Test func whatIsNotWhatItSaysIsShownAsTextOrBytes() {
        let text = BodyRendering(Message(body: [UInt8]("{no json".utf8), contentType: "application/json"))
        #expect(text.form == .text && text.text == "{no json" && text.json.text == #""{no json""#)
        let bytes = BodyRendering(Message(body: [0x93, 0x01], contentType: "application/msgpack"))
        #expect(bytes.form == .bytes && bytes.json.text == #""kwE=""#)
        #expect(BodyRendering(Message(body: [0xFF], contentType: "text/plain")).form == .bytes)
        #expect(BodyRendering(Message(body: [0x41, 0x00], contentType: "image/png")).form == .bytes)
        #expect(BodyRendering(Message(body: [UInt8]("a,b\n".utf8), contentType: "x/csv")).form == .text)
    }

    @Test func nothingThatATerminalHeedsIsPrinted() {
        let hostile = "a\u{1B}[31m\u{9B}b\u{202E}\nc\td"
        let body = BodyRendering(Message(body: [UInt8](hostile.utf8), contentType: "text/plain"))
        #expect(body.text == "a\\u{1b}[31m\\u{9b}b\\u{202e}\nc\td")
        #expect(hostile.printable == "a\\u{1b}[31m\\u{9b}b\\u{202e}\\u{a}c\\u{9}d")
        #expect(JSONValue.string(hostile).text == #""a\u001b[31m\u009bb\u202e\nc\td""#)
    }

    @Test func outputThatIsJSONDoesNotReachATerminalAsItIs() throws {
        let hostile = EncodedValue(contentType: .json, bytes: Array("{ \"a\": \"\u{9B}31m\u{202E}\u{E0001}é\" }".utf8)[...])
        #expect(try hostile.jsonText() == #"{ "a": "\u009b31m\u202e\udb40\udc01é" }"#)
        let noJSON = EncodedValue(contentType: .json, bytes: Array("\u{1B}[2J".utf8)[...])
        #expect(throws: ServingError.self) { try noJSON.jsonText() }
    }

    /// Whatever the bytes are, there is JSON for them that another reader understands.
    @Test func jsonOfAnyBodyIsJSON() throws {
        var generator = SystemRandomNumberGenerator()
        let punctuation = [UInt8](#"[]{}",:0123456789eE+-. \u"#.utf8)
        for round in 0..<4_000 {
            let choices = round % 2 == 0 ? punctuation : [UInt8](.min ... .max)
            let bytes = (0..<Int.random(in: 0...12, using: &generator)).compactMap { _ in choices.randomElement(using: &generator) }
            let contentType = ["application/msgpack", "application/json", "text/plain"].randomElement(using: &generator)
            let json = BodyRendering(Message(body: bytes, contentType: contentType)).json.text
            let value = try? JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
            // Foundation reads no numbers that are no doubles; digits are kept as they are.
            let isLarge = json.contains(/[0-9][eE]\+?[0-9]{3,}/)
            #expect(value != nil || isLarge, "\(bytes) as \(contentType ?? "")")
        }
    }

    // MARK: Parts

    @Test func base64IsThatOfFoundation() {
        for count in 0..<20 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ 190) }
            #expect(Base64.text(of: bytes) == Data(bytes).base64EncodedString())
        }
    }

    @Test func jsonStringsAndNumbersAreReadBackUnchanged() throws {
        let text = (0..<0x300).compactMap { Unicode.Scalar($0 as UInt32) }.map(String.init).joined() + "\u{1F600}\u{E0001}"
        #expect(try JSONDecoder().decode([String].self, from: Data(JSONValue.array([.string(text)]).text.utf8)) == [text])
        for number in [0, -1.5, 1e300, 1e-300, 123_456_789.25] {
            #expect(try JSONDecoder().decode([Double].self, from: Data(JSONValue.array([.double(number)]).text.utf8)) == [number])
        }
        #expect(
            JSONValue.array([.integer(UInt64.max), .integer(Int64.min), .double(.infinity), .null]).text
                == "[18446744073709551615,-9223372036854775808,\"inf\",null]")
    }

    // MARK: What is typed

    private let typed = #"{"z":1.0,"a":[1,18446744073709551615,-9223372036854775808,0.1,1e2],"m":{"é":null,"b":true}}"#

    /// `1.0` stays a floating-point number, integers keep their digits, and members their order.
    @Test(arguments: WireFormat.allCases)
    func whatIsTypedTravelsAsItIsMeant(format: WireFormat) throws {
        let value = try format.value(fromJSON: Array(typed.utf8))
        #expect(value.contentType == format.codec.contentType)
        let shown = format == .json ? typed : typed.replacing("1e2", with: "100.0")
        #expect(try value.jsonText() == shown)
    }

    @Test func numbersKeepTheirKindInEachFormat() throws {
        let messagePack = try WireFormat.messagePack.value(fromJSON: Array(typed.utf8)).bytes
        let map = try MessagePackDecoder().decode(MessagePackValue.self, from: messagePack)
        #expect(map == ["z": 1.0, "a": [1, .uint(.max), .int(.min), 0.1, 100.0], "m": ["é": nil, "b": true]])
        let pickle = try WireFormat.pickle.value(fromJSON: Array(typed.utf8)).bytes
        guard case .dictionary(let dictionary) = try PickleReader().read(pickle) else {
            Issue.record("no dictionary")
            return
        }
        #expect(dictionary.entries.map(\.key) == ["z", "a", "m"] && dictionary["z"] == .float(1))
        #expect(dictionary["a"] == .list([.int(1), .integer(UInt64.max), .int(.min), .float(0.1), .float(100)]))
    }

    @Test func integersOfAnySizeArePickledAndNoMessagePack() throws {
        let number = "-123456789012345678901234567890123456789012345678901234567890"
        #expect(try WireFormat.pickle.value(fromJSON: Array("[\(number)]".utf8)).jsonText() == "[\(number)]")
        let error = #expect(throws: ServingError.self) { try WireFormat.messagePack.value(fromJSON: Array(number.utf8)) }
        #expect(error?.code == .invalidInput && error?.message.contains("more than 64 bits") == true)
    }

    @Test(arguments: ["1e400", "[-1e400]", #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#])
    func whatOtherFormatsHaveNoFormForIsRefused(text: String) throws {
        for format in [WireFormat.messagePack, .pickle] {
            let error = #expect(throws: ServingError.self) { try format.value(fromJSON: Array(text.utf8)) }
            #expect(error?.code == .invalidInput)
        }
        #expect(throws: Never.self) { try WireFormat.json.value(fromJSON: Array(text.utf8)) }
    }

    @Test(arguments: WireFormat.allCases)
    func whatIsNotJSONIsRefused(format: WireFormat) {
        for text in ["", "hello", "[1,]", "\u{FEFF}1", "{a:1}", "01", "\"\\ud800\""] {
            let error = #expect(throws: ServingError.self, "\(text)") { try format.value(fromJSON: Array(text.utf8)) }
            #expect(error?.code == .invalidInput)
        }
    }

    @Test func headersOfAnyTypeAreJSON() {
        let header = HeaderValue.table(["b": .array([.null, .bool(false), .double(0.5)]), "a": .bytes([1]), "c": .integer(-3)])
        #expect(JSONValue(header).text == #"{"a":{"$base64":"AQ=="},"b":[null,false,0.5],"c":-3}"#)
    }

    @Test func tensorsAreShownAsInJSON() throws {
        let bytes = try MessagePackCodec().encode(try Tensor([1, 2] as [Int16], shape: [2, 1]))
        let text = try EncodedValue(contentType: .messagePack, bytes: bytes[...]).jsonText()
        #expect(text.contains(#""shape":[2,1]"#) && text.contains(#""type":"INT16""#) && text.contains(#""data":[1,2]"#), "\(text)")
        let malformed = EncodedValue(contentType: .messagePack, bytes: [0xD4, 84, 1])
        #expect(try malformed.jsonText() == #"{"$type":84,"$base64":"AQ=="}"#)
    }

    @Test func timesAreThoseOfFoundation() {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        let times: [Int64] = [
            0, 1, 951_782_399_999, 951_782_400_000, 951_868_800_000, 1_700_000_000_123, 4_107_542_399_000, 4_107_542_400_000,
            253_402_300_799_999,
        ]
        for time in times + (0..<500).map({ $0 * 86_400_000 * 37 }) {
            let date = Date(timeIntervalSince1970: Double(time / 1_000))
            let expected = formatter.string(from: date).dropLast(4) + "\(String(time % 1_000 + 1_000).dropFirst())Z"
            #expect(UnixTime(milliseconds: time).description == expected)
        }
        #expect(UnixTime(milliseconds: .min).description == "\(Int64.min) ms")
        #expect(UnixTime(milliseconds: .max).description == "\(Int64.max) ms")
    }

    @Test func hexDumpHasSixteenBytesALine() {
        let dump = HexDump.text(of: [UInt8](0x30..<0x42))
        #expect(
            dump == """
                00000000  30 31 32 33 34 35 36 37  38 39 3a 3b 3c 3d 3e 3f  |0123456789:;<=>?|
                00000010  40 41                                             |@A|
                """)
        let long = HexDump.text(of: [UInt8](repeating: 0, count: 5_000)).split(separator: "\n")
        #expect(long.count == 257 && long.last?.hasPrefix("… 904 bytes more") == true)
    }

    @Test func tableColumnsBeginUnderEachOther() {
        var table = TextTable(alignments: [.left, .right, .left])
        table.append(["a", "1", "x"])
        table.append(["long", "100", "y z"])
        #expect(table.text(header: ["N", "COUNT", "M"]) == "N     COUNT  M\na         1  x\nlong    100  y z")
    }
}
