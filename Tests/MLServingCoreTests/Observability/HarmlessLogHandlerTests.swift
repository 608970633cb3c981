import Logging
import Testing

@testable import MLServingCore

@Suite("HarmlessLogHandler")
struct HarmlessLogHandlerTests {
    private struct Forged: CustomStringConvertible, Sendable { let description: String }

    @Test(arguments: ["a\nerror forged", "\u{1b}[2J", "\u{9b}2J", "\u{202e}x", "\u{200b}", "\u{2028}", "\u{7f}", "\r", "\u{e0001}"])
    func nothingLeavesThatControlsATerminalOrForgesALine(text: String) {
        let lines = Recorded<String>()
        var logger = Logger(label: "test") { _ in KeepingHandler(lines: lines) }.harmless
        logger[metadataKey: "queue"] = "\(text)"
        logger.info(
            "\(text)",
            metadata: [
                "id": "\(text)", "other": .stringConvertible(Forged(description: text)), "list": [.string(text)],
                "table": ["\(text)": "\(text)"],
            ])
        let line = lines.all.joined()
        #expect(lines.all.count == 1)
        #expect(!line.unicodeScalars.contains { $0.isUnprintable })
        #expect(line.contains("\\u{"))
    }

    @Test func linesAreBoundedAndPlainTextStaysAsItIs() {
        let lines = Recorded<String>()
        let logger = Logger(label: "test") { _ in KeepingHandler(lines: lines) }.harmless.harmless
        logger.info("ready", metadata: ["id": "\(String(repeating: "x", count: 1_000_000))"])
        logger.info("Grüße, 世界", metadata: [:])
        #expect(lines.all[0].utf8.count < 3_000)
        #expect(lines.all[1].hasPrefix("Grüße, 世界"))
    }
}
