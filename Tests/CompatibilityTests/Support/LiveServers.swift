import Foundation
import Logging
import MLServing

/// The servers of the test run, and a Python with pika and redis-py.
enum LiveServers {
    static let rabbit = variable("MLSERVING_TEST_RABBIT")
    static let redis = variable("MLSERVING_TEST_REDIS")
    static let python = variable("MLSERVING_PYTHON_CLIENTS")

    static var areThere: Bool { rabbit != nil && redis != nil && python != nil }

    static var quiet: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }

    /// What programs under test find in their environment.
    static func variables(_ queues: TestQueues) -> [String: String] {
        [
            "PATH": "/usr/bin:/bin", "MLSERVING_ENV_FILES": "", "MLSERVING_TEST_RABBIT": rabbit ?? "", "MLSERVING_TEST_REDIS": redis ?? "",
            "RABBIT_NODES": "(\(rabbit ?? ""))", "REDIS_NODES": "(\(redis ?? ""))", "QUEUE_TYPE": "classic",
            "QUEUE_NAME": queues.requests, "CACHE_QUEUE_NAME": queues.results,
        ]
    }

    private static func variable(_ name: String) -> String? { ProcessInfo.processInfo.environment[name] }
}

/// The queues of one test.
struct TestQueues {
    let requests = "compatibility.\(UInt64.random(in: 0 ... .max))"
    var results: String { requests + ".results" }
}
