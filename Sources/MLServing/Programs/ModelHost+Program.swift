public import MLServingCore

extension ModelHost {
    /// Serves in a program that is nothing but a host, and ends the process, as ``MLServingCore/ConsumerRunner/runProgram()`` does.
    public func runProgram() async -> Never {
        await ProgramEnd.of { try await runService() }
    }
}
