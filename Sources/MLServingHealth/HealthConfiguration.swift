public import MLServingCore

/// Where a consumer answers for its health, and what it takes for dead.
public struct HealthConfiguration: Sendable, Hashable {
    /// The address to listen on: an IPv4 or IPv6 address, or `localhost`.
    ///
    /// The default is reached from the same machine, or container, only. Kubernetes' probes and a Prometheus elsewhere need `0.0.0.0` or `::`.
    public var host: String

    /// The port; 0 takes one that is free.
    public var port: Int

    /// How long something may go wrong.
    public var limits: HealthLimits

    /// Configures the endpoint.
    public init(host: String = "127.0.0.1", port: Int, limits: HealthLimits = HealthLimits()) {
        self.host = host
        self.port = port
        self.limits = limits
    }
}
