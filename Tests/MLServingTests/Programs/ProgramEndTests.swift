import MLServing
import Testing

@Suite("ProgramEnd", .timeLimit(.minutes(5)))
struct ProgramEndTests {
    private struct Echo: Predictor {
        func predict(_ text: String) async throws -> String { text }
    }

    private struct Own: Error {}

    @Test func consumerThatCannotBeConfiguredEndsItsProgramInALine() async throws {
        let result = try await #require(processExitsWith: .exitCode(78), observing: [\.standardErrorContent]) {
            let runner = ConsumerRunner(Echo()) {
                throw ConfigurationError(key: "A_KEY", message: "is \u{1B}[31mwrong")
            }
            await runner.runProgram()
        }
        let lines = String(decoding: result.standardErrorContent, as: UTF8.self).split(separator: "\n")
        #expect(lines.contains { $0.hasSuffix(": configuration: A_KEY: is \\u{1b}[31mwrong") }, "\(lines)")
    }

    @Test func hostThatIsRefusedEndsItsProgram() async {
        await #expect(processExitsWith: .exitCode(77)) {
            let host = ModelHost { throw TransportError(code: .refused, message: "wrong password") }
            await host.runProgram()
        }
    }

    @Test func errorOfTheProgramItselfIsItsFailure() {
        #expect(ProgramEnd(Own()).exitCode == 70)
    }
}
