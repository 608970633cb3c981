/// A model that a ``ModelHost`` serves.
public struct ServedModel: Sendable {
    /// Its name, and its version if it has one.
    public let address: ModelAddress
    let model: HostedModel

    /// How it is doing: before, while and after it is served.
    public var health: ConsumerHealth { model.health }

    /// Returns when the model is ready: loaded and warmed up, with requests coming in and results that can be stored.
    ///
    /// - Throws: Why it cannot be served, or that it has been unloaded.
    public func ready() async throws {
        try await health.waitUntilReady()
    }
}
