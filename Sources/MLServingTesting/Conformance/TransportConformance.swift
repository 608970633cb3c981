public import MLServingCore

/// What every transport has to do, as checks that any test framework can run.
///
/// ```swift
/// @Test(arguments: TransportConformance.checks)
/// func conforms(to check: TransportConformance.Check) async throws {
///     try await check.run { server.transport() }
/// }
/// ```
///
/// Each check makes queues and keys of its own and asks for as many transports as it has parties.
public enum TransportConformance {
    /// Makes a transport; called once for each party of a check.
    public typealias MakeTransport = @Sendable () async throws -> any Transport

    /// One thing that a transport has to do.
    public struct Check: Sendable, CustomStringConvertible {
        /// What it has to do, as a sentence.
        public let description: String
        let body: @Sendable (MakeTransport, QueueDefinition.Kind) async throws -> Void

        /// Runs the check.
        ///
        /// - Parameters:
        ///   - kind: The kind of queues to use.
        ///   - makeTransport: Makes the transports to check.
        /// - Throws: ``ConformanceFailure``, or what the transport threw.
        public func run(kind: QueueDefinition.Kind = .quorum, makeTransport: @escaping MakeTransport) async throws {
            try await body(makeTransport, kind)
        }
    }

    /// All checks.
    public static let checks: [Check] = brokerChecks + storeChecks + directoryChecks + servingChecks
}

/// A transport did not do what it has to.
public struct ConformanceFailure: Error, CustomStringConvertible {
    /// What was expected and what came.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Throws unless a condition holds.
func require(_ condition: Bool, _ expectation: @autoclosure () -> String) throws {
    if !condition { throw ConformanceFailure(expectation()) }
}

/// Throws unless `body` throws a transport error with the given code.
func requireError(_ code: TransportError.Code, _ what: String, _ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let error as TransportError {
        return try require(error.code == code, "\(what) has to fail with \(code), failed with \(error)")
    }
    throw ConformanceFailure("\(what) has to fail with \(code), and did not fail")
}

/// Runs transports for the length of `body`.
func withTransports<Outcome: Sendable>(
    _ transports: any Transport...,
    body: @Sendable () async throws -> Outcome
) async throws -> Outcome {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for transport in transports { group.addTask { try await transport.run() } }
        do {
            let outcome = try await body()
            group.cancelAll()
            try? await group.waitForAll()
            return outcome
        } catch {
            group.cancelAll()
            throw error
        }
    }
}

/// A name that no other check uses.
func uniqueName(_ purpose: String) -> String {
    "conformance.\(purpose).\(UInt64.random(in: 0 ... .max))"
}
