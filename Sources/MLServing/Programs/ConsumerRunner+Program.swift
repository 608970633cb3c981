public import MLServingCore

extension ConsumerRunner {
    /// Consumes in a program that is nothing but a consumer, and ends the process: with 0 after SIGTERM or SIGINT, as
    /// ``/MLServingCore/ConsumerRunner/run()`` returns, and with the code of ``ProgramEnd`` and one line on standard error after what it throws.
    public func runProgram() async -> Never {
        await ProgramEnd.of { try await run() }
    }
}
