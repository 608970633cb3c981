internal import Celery
internal import MLServingCore

/// What can be found wrong without a server, so that it ends a program at its start.
extension ServingSettings {
    /// What a consumer appends to the name of its queue is up to 15 bytes long: `.retry.86400000`. AMQP's limit is 255.
    static let longestQueueName = 240

    // MARK: Names

    func refuseImpossibleNames(_ reader: SettingsReader) throws(ConfigurationError) {
        let expected = "a name without control characters"
        for (key, limit) in [
            ("QUEUE_NAME", Self.longestQueueName), ("CACHE_QUEUE_NAME", 255), ("EXCHANGE_NAME", 255), ("EXCHANGE_TYPE", 255),
            ("RABBIT_VHOST", 255), ("RABBIT_USER", 255), ("REDIS_USER", 255), ("REDIS_SENTINEL_USER", 255), ("REDIS_SENTINEL_MASTER", 255),
            ("CELERY_WORKER_NAME", 200), ("CELERY_RESULT_PREFIX", 255), ("RABBIT_TLS_SERVER_NAME", 255), ("REDIS_TLS_SERVER_NAME", 255),
        ] {
            guard let name = reader.string(key) else { continue }
            if name.utf8.count > limit {
                throw reader.error(key, "\(name.shown) has \(name.utf8.count) bytes; expected at most \(limit)")
            }
            if name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
                throw reader.error(key, "\(name.shown) has a control character; expected \(expected)")
            }
            // A server would repeat it.
            if (name.contains("://") && name.contains("@")) || name.lowercased().contains("password=") {
                throw reader.error(key, "has a password in it (the value is not shown); expected a name by itself")
            }
        }
        for key in ["QUEUE_NAME", "CACHE_QUEUE_NAME"] where reader.string(key)?.hasPrefix("amq.") == true {
            throw reader.error(key, "names of queues that begin with amq. belong to RabbitMQ; expected another name")
        }
    }

    // MARK: Contradictions

    func refuseContradictions(_ reader: SettingsReader) throws(ConfigurationError) {
        if redisUser != nil, redisPassword == nil {
            throw reader.error("REDIS_USER", "needs REDIS_PASSWORD or REDIS_PASSWORD_FILE: Redis logs a user in by a password")
        }
        if rabbitAuthentication == .plain, rabbitUser != "guest", try reader.secret("RABBIT_PASSWORD") == nil {
            throw reader.error("RABBIT_USER", "needs RABBIT_PASSWORD or RABBIT_PASSWORD_FILE: RabbitMQ logs a user in by a password")
        }
        if consumer.resultQueue?.name == consumer.queue.name {
            throw reader.error("CACHE_QUEUE_NAME", "is the queue of requests (QUEUE_NAME); expected another queue")
        }
        if redisIsCluster { try refuseWhatAClusterCannot(reader) }
    }

    private func refuseWhatAClusterCannot(_ reader: SettingsReader) throws(ConfigurationError) {
        if redisDatabase != 0 {
            throw reader.error("REDIS_DATABASE", "\(redisDatabase) is not 0, the only database of a Redis Cluster")
        }
        if redisSentinels != nil {
            throw reader.error("REDIS_CLUSTER", "1 contradicts REDIS_SENTINEL_NODES; a Redis Cluster has no sentinels")
        }
        if producer.dialect == .template, producer.resultMode == .store {
            let message = "template-store needs one Redis server: its keys have nothing that keeps them on one node of a cluster"
            throw reader.error("PRODUCER_PROTOCOL", message)
        }
        if (consumer.dialect as? CeleryDialect)?.needsOneRedisServer == true {
            let message = "1 needs one Redis server, or CELERY_RESULT_BACKEND=rpc: Celery's keys have nothing that keeps them on one node"
            throw reader.error("CELERY", message)
        }
    }
}
