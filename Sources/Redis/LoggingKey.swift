internal import Logging

/// The keys of everything that this module logs.
enum LoggingKey: String {
    case node = "redis.node"
    case nodes = "redis.nodes"
    case error = "error"
    case retryDelay = "redis.retry-delay"
    case reason = "reason"
    case role = "redis.role"
}

extension Logger.Metadata {
    init(_ values: [LoggingKey: any CustomStringConvertible & Sendable]) {
        self = [:]
        for (key, value) in values { self[key.rawValue] = .stringConvertible(value) }
    }
}
