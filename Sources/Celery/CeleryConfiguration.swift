/// How a consumer serves tasks of Celery.
package struct CeleryConfiguration: Sendable, Hashable {
    /// Where the applications that send tasks look for results.
    package enum ResultBackend: String, Sendable, Hashable, CaseIterable {
        /// `redis://`: under a key, published on a channel of its name.
        case redis
        /// `rpc://`: in the queue that a task names.
        case rpc
    }

    /// How results are written.
    package enum Serializer: String, Sendable, Hashable, CaseIterable {
        /// JSON.
        case json
        /// Python's pickle.
        case pickle
    }

    /// The names of the tasks that are served, all by the same predictor.
    package var tasks: Set<String> = ["predict"]
    /// Where the applications look for results.
    package var resultBackend = ResultBackend.redis
    /// How results are written.
    package var serializer = Serializer.json
    /// What the applications put before all keys.
    package var keyPrefix = ""
    /// What this consumer is called among Celery's workers.
    package var workerName: String
    /// Whether it tells of tasks from the start, or only when it is asked to.
    package var sendsTaskEvents = false
    /// How often it says that it is alive.
    package var heartbeat = Duration.seconds(2)

    /// Configures one with a name.
    package init(workerName: String) {
        self.workerName = workerName
    }
}
