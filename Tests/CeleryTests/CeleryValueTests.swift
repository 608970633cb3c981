import JSON
import MLServingCore
import Testing

@testable import Celery

@Suite("CeleryValue")
struct CeleryValueTests {
    private func value(_ text: String) throws -> CeleryValue { try CeleryValue(json: Array(text.utf8)[...]) }

    /// Foundation's decoder ends the process at the first: one broadcast would have ended all workers.
    @Test(arguments: [
        "0." + String(repeating: "0", count: 128) + "1e145", "1e400", "-1e999999999999", "123456789012345678901234567890", "-0", "1E+2",
    ])
    func numberOfAnyFormIsAValue(number: String) throws {
        let question = try value(#"{"method":"ping","clock":\#(number),"arguments":[\#(number)]}"#)
        #expect(question["method"]?.text == "ping")
        #expect(question["clock"] != nil && question["clock"]?.text == nil)
        let task = #"[["text"], {}, {"chain": \#(number), "callbacks": null}]"#
        _ = try? CeleryBody(Array(task.utf8), codec: JSONCodec())
        _ = try? CeleryBody(Array("[[\(number)], {\"k\": \(number)}, {}]".utf8), codec: JSONCodec())
    }

    @Test(arguments: ["", "[1,]", "{\"a\":1,}", "\u{FEFF}{}", "{a:1}", "\"\\ud800\"", "01", String(repeating: "[", count: 100_000)])
    func whatIsNotJSONIsRefused(text: String) {
        #expect(throws: JSONError.self) { try value(text) }
    }

    @Test func lastOfRepeatedNamesCounts() throws {
        #expect(try value(#"{"method":"a","method":"b"}"#)["method"]?.text == "b")
    }

    /// Celery compares the beginnings of what is stored, so the spaces are those of Python.
    @Test func textIsThatOfPython() throws {
        let text = #"{"a": [1, 2.5, null, true, "x\n\"é"], "b": {}, "c": "\u0001"}"#
        #expect(String(decoding: try value(text).json, as: UTF8.self) == text)
        let encoded = CeleryValue.dictionary([("r", .encoded(Array("[1,2]".utf8)[...])), ("n", .double(.nan))])
        #expect(String(decoding: encoded.json, as: UTF8.self) == #"{"r": [1,2], "n": null}"#)
    }

    @Test func keywordsAreReadWithTheirEscapes() throws {
        let body = try CeleryBody(Array(#"[[], {"in\u0070ut": "text"}, {}]"#.utf8), codec: JSONCodec())
        #expect(try body.input(of: "t") == Array(#""text""#.utf8)[...])
    }
}
