internal import MLServing
internal import ServiceLifecycle

/// A server whose address is configured: when it cannot listen there, the configuration is wrong.
struct ListeningService<Base: Service>: Service {
    /// What the system says of addresses that cannot be listened at, among names of functions that nobody here knows.
    private static var reasons: [String] {
        ["Address already in use", "Permission denied", "Cannot assign requested address", "Name or service not known"]
    }

    let base: Base
    let address: String
    let beginning: ListeningBeginning

    func run() async throws {
        do {
            try await base.run()
        } catch {
            if beginning.isMarked || error is ServingError || error is TransportError || error is CancellationError { throw error }
            let text = "\(error)"
            let reason = Self.reasons.first { text.contains($0) } ?? text
            throw ConfigurationError(key: "HTTP_HOST, HTTP_PORT", message: "the service cannot listen on \(address): \(reason)")
        }
    }
}
