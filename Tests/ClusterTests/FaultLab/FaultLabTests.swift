import MLServing
import MLServingTesting
import Synchronization
import Testing

extension ClusterTests {
    /// What `./run_faults.sh` runs at length, in short.
    @Suite("Fault lab")
    struct FaultLabTests {
        private func pause(_ range: ClosedRange<Int>, _ generator: inout SeededGenerator) async throws {
            try await Task.sleep(for: .milliseconds(Int.random(in: range, using: &generator)))
        }

        @Test func nothing() async throws {
            try await FaultLab.run("none") { _, generator in try await pause(200...400, &generator) }
        }

        /// One that was killed three times in the midst of a request is taken for its victim.
        @Test func consumersAreKilled() async throws {
            try await FaultLab.run("consumers killed (kill -9)", errors: ["crashed"]) { lab, generator in
                try await pause(300...1_500, &generator)
                try lab.consumers.killAndReplace(Int.random(in: 0..<2, using: &generator))
            }
        }

        @Test func consumersDrain() async throws {
            try await FaultLab.run("consumers drained under load") { lab, generator in
                try await pause(300...1_500, &generator)
                #expect(try lab.consumers.drainAndReplace(Int.random(in: 0..<2, using: &generator)) == 0)
            }
        }

        @Test func inputsCrashTheirConsumers() async throws {
            let count = Atomic(0)
            try await FaultLab.run("an input crashes its consumer", requests: max(10_000, FaultLab.requests), fatalInput: -13) {
                lab, generator in
                try await pause(500...1_500, &generator)
                let error = await #expect(throws: ServingError.self) {
                    try await lab.client.predict(-13, timeout: FaultLoad.timeout)
                }
                let sent = count.add(1, ordering: .relaxed).newValue
                #expect(error?.code == .crashed)
                // MAX_CRASHES for each.
                #expect(lab.consumers.crashes <= 3 * sent)
                let letters = try await lab.deadLetters.list()
                #expect(letters.map(\.reason) == Array(repeating: "crashed", count: sent))
            }
        }

        @Test func connectionsAreCut() async throws {
            try await FaultLab.run("every connection cut") { lab, generator in
                try await pause(100...1_000, &generator)
                for proxy in lab.proxies { proxy.cut() }
            }
        }

        @Test func connectionsAreTruncated() async throws {
            try await FaultLab.run("connections truncated") { lab, generator in
                for proxy in lab.proxies { proxy.truncate(after: Int.random(in: 1...20_000, using: &generator)) }
                try await pause(100...1_000, &generator)
            }
        }

        @Test func connectionsAreDelayed() async throws {
            try await FaultLab.run("data delayed by 20 ms") { lab, generator in
                for proxy in lab.proxies { proxy.delay(by: .milliseconds(20)) }
                try await pause(300...1_000, &generator)
                for proxy in lab.proxies { proxy.delay(by: .zero) }
                try await pause(300...1_000, &generator)
            }
        }

        @Test func connectionsAreBlackholed() async throws {
            try await FaultLab.run("connections blackholed") { lab, generator in
                try await pause(300...1_000, &generator)
                let proxy = lab.proxies.randomElement(using: &generator) ?? lab.redisProxy
                proxy.fallSilent()
                try await pause(5_000...8_000, &generator)
                proxy.speakAgain()
            }
        }

        @Test func redisRestartsWithoutItsData() async throws {
            try await FaultLab.run("Redis restarted, data lost") { _, generator in
                try await pause(500...2_000, &generator)
                try TestClusters.redis.kill()
                try await pause(0...1_000, &generator)
                try await restart(TestClusters.redis)
            }
        }

        /// In a long run some wait for a broker that is hardly ever there, and a node that has just started may not know the queue yet.
        @Test func brokerRestarts() async throws {
            try await FaultLab.run("RabbitMQ restarted, all nodes", errors: ["expired", "overloaded", "unavailable", "unroutable"]) {
                _, generator in
                try await pause(500...2_000, &generator)
                for node in TestClusters.rabbit { try node.kill() }
                for node in TestClusters.rabbit { try await restart(node) }
                try await TestClusters.untilRabbitIsWhole()
            }
        }

        /// A queue that has no leader at the moment refuses messages, as a full one does.
        @Test func leadersAreKilled() async throws {
            try await FaultLab.run("RabbitMQ node killed, leader in turn", errors: ["overloaded"]) { _, generator in
                try await pause(500...2_000, &generator)
                // Whichever of the three leads the queue, it is among those killed.
                for node in TestClusters.rabbit {
                    try node.kill()
                    try await pause(500...2_000, &generator)
                    try await restart(node)
                    try await TestClusters.untilRabbitIsWhole()
                }
            }
        }

        @Test func masterFailsOver() async throws {
            try await FaultLab.run("Sentinel fail-over", sentinels: true) { _, generator in
                try await SentinelCluster.untilWhole()
                try await pause(500...2_000, &generator)
                let old = try await SentinelCluster.master()
                try old.kill()
                try await SentinelCluster.untilMaster(isNot: old)
                try await restart(old)
                try await SentinelCluster.degrade(old)
                try await SentinelCluster.untilWhole()
            }
        }

        /// Starts a node again whose end the keeper may not have noticed yet.
        private func restart(_ node: TestNode) async throws {
            while (try? node.word("pid")) != nil { try await Task.sleep(for: .milliseconds(5)) }
            try node.restart()
        }
    }
}
