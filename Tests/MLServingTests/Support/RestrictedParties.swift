import Foundation
import MLServing
import Redis

/// A consumer and a producer who are users of both servers, with the rights that docs/security.md gives them and a queue, an exchange and
/// a prefix of their own.
struct RestrictedParties {
    var consumer: ServingSettings
    var producer: ServingSettings

    var queue: String { consumer.consumer.queue.name }

    private static let password = "pass word"

    /// Makes the users, and removes them, their queues and their exchange after `body`.
    ///
    /// - Parameters:
    ///   - withExchange: Whether the queue has an exchange of its own.
    ///   - producerRules: Changes the producer's rules in Redis.
    static func run(
        withExchange: Bool = false, producerRules: ([String]) -> [String] = { $0 }, _ body: (RestrictedParties) async throws -> Void
    ) async throws {
        let name = "mlserving-test-\(UInt32.random(in: .min ... .max))"
        let parties = RestrictedParties(name: name, exchange: withExchange ? name + "-tasks" : "")
        let rabbit = try SecurityPage.rabbitRights(withExchange: withExchange)
        let redis = try SecurityPage.redisRights()
        let users = [
            (parties.consumer, rabbit.consumer, redis.consumer), (parties.producer, rabbit.producer, producerRules(redis.producer)),
        ]
        let result: Result<Void, any Error>
        do {
            try await switchNotificationsOn()
            for (settings, permissions, rules) in users {
                let patterns = permissions.map { own($0, name: name).replacingOccurrences(of: "tasks", with: name + "-tasks") }
                try await BrokerCall.addUser(settings.rabbitUser, password: password, permissions: patterns)
                let rules = rules.map { $0.hasPrefix(">") ? ">" + password : own($0, name: name) }
                try await RedisAdministrator.send(["ACL", "SETUSER", settings.rabbitUser] + rules)
            }
            result = .success(try await body(parties))
        } catch {
            result = .failure(error)
        }
        try? await parties.remove()
        try result.get()
    }

    private init(name: String, exchange: String) {
        var settings = LiveServers.settings
        settings.rabbitPassword = Secret(Self.password)
        settings.redisPassword = Secret(Self.password)
        settings.exchangeName = exchange
        settings.consumer = ConsumerConfiguration(queue: QueueDefinition(name: name), prefetch: 100, gracefulShutdownSignals: [])
        settings.consumer.answers = AnswerPolicy(keyPrefixes: [name])
        settings.producer.route = Route(exchange: exchange, routingKey: name)
        settings.producer.keyPrefix = name
        // Nothing is read that is not announced, as long as a test takes.
        settings.producer.pollInterval = .seconds(3_600)
        settings.producer.sweepInterval = .seconds(3_600)
        func share(of user: String) -> ServingSettings {
            var copy = settings
            copy.rabbitUser = user
            copy.redisUser = user
            return copy
        }
        consumer = share(of: name + "-consumer")
        producer = share(of: name + "-producer")
    }

    /// A rule of the page for a queue, and results, of this name.
    private static func own(_ rule: String, name: String) -> String {
        // The marks of all queues stand in one place.
        rule.replacing(/mlserving:(?!cancel:|suspect:)/, with: name + ":").replacingOccurrences(of: "task_queue", with: name)
    }

    /// Somebody who may, since these users may not.
    private static func switchNotificationsOn() async throws {
        let key = "notify-keyspace-events"
        let current = try await RedisAdministrator.send(["CONFIG", "GET", key]).elements?.last?.string ?? ""
        if let setting = KeyspaceEvents([.keyspace, .string]).setting(addedTo: current) {
            try await RedisAdministrator.send(["CONFIG", "SET", key, setting])
        }
    }

    private func remove() async throws {
        for user in [consumer.rabbitUser, producer.rabbitUser] {
            try await RedisAdministrator.send(["ACL", "DELUSER", user])
            try await BrokerCall.deleteUser(user)
        }
        for queue in [queue, queue + ".dead-letters"] { try await BrokerCall.deleteQueue(queue) }
        if !consumer.exchangeName.isEmpty { try await BrokerCall.deleteExchange(consumer.exchangeName) }
    }
}
