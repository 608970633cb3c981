/// A status of gRPC, as far as ``ErrorTable`` uses them.
///
/// Source: [gRPC status codes](https://grpc.io/docs/guides/status-codes/).
public struct GRPCStatus: Sendable, Hashable, CustomStringConvertible {
    /// The number on the wire.
    public let number: Int
    /// The name in documentation and logs, such as `DEADLINE_EXCEEDED`.
    public let name: String

    private init(_ number: Int, _ name: String) {
        self.number = number
        self.name = name
    }

    /// The name.
    public var description: String { name }

    /// The call was cancelled.
    public static let cancelled = GRPCStatus(1, "CANCELLED")
    /// The application failed, and says nothing that gRPC has a status for.
    public static let unknown = GRPCStatus(2, "UNKNOWN")
    /// The caller sent something that is wrong whatever state the server is in.
    public static let invalidArgument = GRPCStatus(3, "INVALID_ARGUMENT")
    /// The deadline passed.
    public static let deadlineExceeded = GRPCStatus(4, "DEADLINE_EXCEEDED")
    /// A limit is exceeded; gRPC itself uses it for messages that are too large.
    public static let resourceExhausted = GRPCStatus(8, "RESOURCE_EXHAUSTED")
    /// The serving side is broken or misconfigured.
    public static let `internal` = GRPCStatus(13, "INTERNAL")
    /// The service is away or busy; callers try again after a pause.
    public static let unavailable = GRPCStatus(14, "UNAVAILABLE")
}
