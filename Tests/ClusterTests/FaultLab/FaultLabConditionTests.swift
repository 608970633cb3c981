import Foundation
import MLServing
import MLServingTesting
import Redis
import Testing

extension ClusterTests {
    /// Servers that live and do less than they should, and neighbours who mean harm.
    @Suite("Fault lab, conditions")
    struct FaultLabConditionTests {
        private func pause(_ range: ClosedRange<Int>, _ generator: inout SeededGenerator) async throws {
            try await Task.sleep(for: .milliseconds(Int.random(in: range, using: &generator)))
        }

        private func configure(_ key: String, _ value: String) async throws {
            let reply = try await TestClusters.ask(TestClusters.redis, "CONFIG", "SET", key, value)
            try #require(reply.string == "OK")
        }

        /// What waits in a queue that is deleted is gone with it, so its callers hear that their time is over.
        ///
        /// RabbitMQ ends connections that publish to a quorum queue in the moment in which it goes, and a new one takes nothing until it has
        /// a leader.
        @Test func queuesAreDeleted() async throws {
            let errors: Set = ["expired", "overloaded", "unavailable", "unroutable"]
            try await FaultLab.run("queues deleted", errors: errors, timeout: .seconds(15)) { lab, generator in
                try await pause(300...1_000, &generator)
                for suffix in ["", ".suspects", ".dead-letters"] { try await lab.deleteQueue(lab.queue + suffix) }
                try await lab.untilAnswered()
            }
        }

        @Test func notificationsAreSwitchedOff() async throws {
            try await FaultLab.run("notifications switched off") { _, generator in
                try await pause(300...1_000, &generator)
                try await configure("notify-keyspace-events", "")
                try await pause(2_000...4_000, &generator)
            }
        }

        @Test func redisIsFull() async throws {
            try await FaultLab.run("Redis out of memory") { _, generator in
                try await pause(300...1_000, &generator)
                try await configure("maxmemory", "1")
                try await pause(1_000...3_000, &generator)
                try await configure("maxmemory", "0")
                try await pause(300...1_000, &generator)
            }
        }

        @Test func brokerIsShortOfMemory() async throws {
            try await FaultLab.run("RabbitMQ alarm") { _, generator in
                try await pause(300...1_000, &generator)
                try await TestClusters.haveRabbitDo("rabbit_alarm:set_alarm({{resource_limit, memory, node()}, []})")
                try await pause(1_000...3_000, &generator)
                try await TestClusters.haveRabbitDo("rabbit_alarm:clear_alarm({resource_limit, memory, node()})")
                try await pause(300...1_000, &generator)
            }
        }

        /// A consumer that is held up for longer than the broker waits for acknowledgements loses its channel, and has not crashed.
        @Test func deliveriesTimeOut() async throws {
            let set = "application:set_env(rabbit, consumer_timeout, 1000), application:set_env(rabbit, channel_tick_interval, 300)"
            let reset = "application:set_env(rabbit, consumer_timeout, 1800000), application:set_env(rabbit, channel_tick_interval, 60000)"
            try await TestClusters.haveRabbitDo(set)
            do {
                try await FaultLab.run("consumer_timeout") { lab, generator in
                    try await pause(300...1_000, &generator)
                    let victim = Int.random(in: 0..<2, using: &generator)
                    lab.consumers.signal(SIGSTOP, victim)
                    try await pause(2_500...3_000, &generator)
                    lab.consumers.signal(SIGCONT, victim)
                    try await pause(300...1_000, &generator)
                }
            } catch {
                try await TestClusters.haveRabbitDo(reset)
                throw error
            }
            try await TestClusters.haveRabbitDo(reset)
        }

        /// Results that are too large for Redis, keys that nobody may write, reply addresses that end connections.
        @Test func neighboursAreHostile() async throws {
            try await configure("proto-max-bulk-len", "1048576")
            do {
                try await FaultLab.run("hostile neighbours") { lab, generator in
                    try await pause(300...1_000, &generator)
                    try await lab.publishHostileRequests()
                }
            } catch {
                try await configure("proto-max-bulk-len", "536870912")
                throw error
            }
            try await configure("proto-max-bulk-len", "536870912")
        }
    }
}
