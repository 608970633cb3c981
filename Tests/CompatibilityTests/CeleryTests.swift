import Foundation
import Logging
import MLServing
import Testing

/// Celery applications and Flower, unmodified, with consumers of ours as their workers.
@Suite("Celery applications", .enabled(if: LiveServers.areThere), .timeLimit(.minutes(5)))
struct CeleryTests {
    /// Fails as if something were away, the first time.
    private final class Moody: Predictor {
        private let attempts = Counter()

        func predict(_ text: String) async throws -> String {
            if await attempts.next() == 1 { throw ServingError(code: .unavailable, message: "not now", isRetryable: true) }
            return text.uppercased()
        }
    }

    /// Ends only when it is cancelled.
    private struct Endless: Predictor {
        func predict(_ text: String) async throws -> String {
            if text == "" { return text }
            try await Task.sleep(for: .seconds(86_400))
            return text
        }
    }

    private actor Counter {
        private var count = 0

        func next() -> Int {
            count += 1
            return count
        }
    }

    private func variables(_ queues: TestQueues, backend: String = "redis", serializer: String = "json") -> [String: String] {
        [
            "CELERY": "1", "CELERY_RESULT_BACKEND": backend, "CELERY_RESULT_SERIALIZER": serializer,
            "CELERY_WORKER_NAME": worker(queues), "CACHE_QUEUE_NAME": "",
        ]
    }

    private func worker(_ queues: TestQueues) -> String { "celery@\(queues.requests)" }

    private func call(_ what: String, _ queues: TestQueues, backend: String = "redis", serializer: String = "json") async throws {
        let arguments = [what, queues.requests, worker(queues), backend, serializer]
        try await TestProgram.python("celery_client", arguments, queues: queues, warnings: "default").succeed()
        try await TestProgram.python("remove", [queues.requests, queues.results], queues: queues).succeed()
    }

    @Test(arguments: ["redis", "rpc"], ["json", "pickle"])
    func echoServesTasks(backend: String, serializer: String) async throws {
        let queues = TestQueues()
        let variables = variables(queues, backend: backend, serializer: serializer)
        try await TestProgram.built("mlserving", ["consume", "echo"], queues: queues, variables: variables).serve {
            try await call("serve", queues, backend: backend, serializer: serializer)
        }
    }

    /// By their default names, which have to differ.
    @Test func consumersOfOneMachineShareTasks() async throws {
        let queues = TestQueues()
        let variables = variables(queues).filter { $0.key != "CELERY_WORKER_NAME" }
        func consumer() -> TestProgram { .built("mlserving", ["consume", "echo"], queues: queues, variables: variables) }
        try await consumer().serve {
            try await consumer().serve {
                try await call("share", queues)
            }
        }
    }

    @Test(arguments: ["redis", "rpc"])
    func whatFailsIsRaisedByTheApplication(backend: String) async throws {
        let queues = TestQueues()
        let variables = variables(queues, backend: backend)
        try await TestProgram.built("mlserving", ["consume", "echo"], queues: queues, variables: variables).serve {
            try await call("fail", queues, backend: backend)
        }
    }

    @Test func taskThatConsumersDieOfFails() async throws {
        let queues = TestQueues()
        let variables = variables(queues).merging(["MAX_CRASHES": "2", "SWIFT_BACKTRACE": "enable=no"]) { $1 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var statuses: [Int32?] = []
                for _ in 0..<3 {
                    let consumer = TestProgram.built(
                        "mlserving", ["consume", "echo", "--crash-on", "bad"], queues: queues, variables: variables)
                    statuses.append(try await consumer.end().status)
                }
                // The last one is shut down when it has answered.
                #expect(statuses == [SIGABRT, SIGABRT, 0])
            }
            try await call("crash", queues)
            try await group.waitForAll()
        }
    }

    @Test func embeddingConsumerServesTasks() async throws {
        let queues = TestQueues()
        let model = try EmbeddingModel()
        let variables = variables(queues).merging(["MODEL_PATH": model.path]) { $1 }
        try await TestProgram.built("fasttext-consumer", [], queues: queues, variables: variables).serve {
            try await call("embed", queues)
        }
    }

    @Test(arguments: ["redis", "rpc"])
    func retriedTaskIsInRetryBeforeItSucceeds(backend: String) async throws {
        try await serve(Moody(), by: backend) { queues in try await call("retry", queues, backend: backend) }
    }

    @Test(arguments: ["redis", "rpc"])
    func runningTaskEndsIfItIsTerminated(backend: String) async throws {
        try await serve(Endless(), by: backend) { queues in try await call("terminate", queues, backend: backend) }
    }

    /// Runs a consumer in this process while `body` runs.
    private func serve(_ predictor: some Predictor, by backend: String, _ body: (TestQueues) async throws -> Void) async throws {
        let queues = TestQueues()
        let values = LiveServers.variables(queues).merging(variables(queues, backend: backend)) { $1 }
            .merging(["RETRY_BASE_DELAY": "1"]) { $1 }
        let settings = try ServingSettings(from: SettingsReader(values: values))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await ConsumerRunner(predictor, settings: settings, logger: LiveServers.quiet).run() }
            try await body(queues)
            group.cancelAll()
        }
    }

    @Test func workerAnswersInspection() async throws {
        let queues = TestQueues()
        try await TestProgram.built("mlserving", ["consume", "echo"], queues: queues, variables: variables(queues)).serve {
            try await call("inspect", queues)
        }
    }

    @Test func flowerShowsWorkerAndTasks() async throws {
        let queues = TestQueues()
        try await TestProgram.built("mlserving", ["consume", "echo"], queues: queues, variables: variables(queues)).serve {
            _ = try await TestProgram.python("watch_flower", [queues.requests, worker(queues)], queues: queues, warnings: "default")
                .succeed()
        }
        try await TestProgram.python("remove", [queues.requests, queues.results], queues: queues).succeed()
    }
}
