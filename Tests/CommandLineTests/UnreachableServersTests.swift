import Foundation
import Testing

/// What the last line says when nothing answers: which server, where, and why.
@Suite("Unreachable servers", .timeLimit(.minutes(5)))
struct UnreachableServersTests {
    private static let ticket = "mlserving:{94088cc9242c0c8742f496de}:94088cc9242c0c8742f496de-1"

    /// Runs a command against one place, and returns the lines by which it ends: for `status` a line a server, else the error.
    private func end(_ arguments: [String], _ place: String, _ environment: [String: String] = [:]) async throws -> String {
        let nodes = ["RABBIT_NODES": "(\(place))", "REDIS_NODES": "(\(place))"]
        let outcome = try await MLServingProgram.run(arguments, environment: nodes.merging(environment) { $1 })
        #expect(outcome.status == 69, "\(arguments): \(outcome.errors)")
        if arguments.first == "status" { return outcome.output }
        return String(try #require(outcome.errors.split(separator: "\n").last))
    }

    @Test(arguments: [
        (["predict", "--timeout", "1", "1"], "Redis"), (["predict", "--list", "--timeout", "1", "[1]"], "Redis"),
        (["predict", "--submit", "--timeout", "1", "1"], "RabbitMQ"), (["result", ticket, "--timeout", "1"], "Redis"),
        (["cancel", ticket], "Redis"), (["bench", "--requests", "1", "--timeout", "1"], "RabbitMQ"),
        (["dead-letters", "list"], "RabbitMQ"),
    ])
    func errorNamesTheServerItsAddressAndTheCause(_ arguments: [String], _ server: String) async throws {
        for (place, cause) in [("127.0.0.1:1", "connection refused"), ("no-such-host.invalid:1", "no-such-host.invalid")] {
            let error = try await end(arguments, place)
            #expect(error.contains(server) && error.contains(place), "\(arguments): \(error)")
            #expect(error.lowercased().contains(cause), "\(arguments): \(error)")
        }
    }

    /// Four connections try several times each meanwhile.
    @Test func logNamesEachServerOnce() async throws {
        let outcome = try await MLServingProgram.run(["predict", "--timeout", "2", "1"], environment: Self.nowhere)
        #expect(outcome.errors.matches(of: /cannot connect to Redis/).count == 1, "\(outcome.errors)")
        let submitted = try await MLServingProgram.run(["predict", "--submit", "--timeout", "2", "1"], environment: Self.nowhere)
        #expect(submitted.errors.matches(of: /connecting to RabbitMQ failed/).count == 1, "\(submitted.errors)")
    }

    @Test func errorNamesTheBrokerWhereResultsAreReplies() async throws {
        let error = try await end(["predict", "--timeout", "1", "1"], "127.0.0.1:1", ["QUEUE_ONLY": "1"])
        #expect(error.contains("RabbitMQ") && error.contains("127.0.0.1:1") && error.contains("connection refused"), "\(error)")
    }

    @Test func statusNamesTheCauseForEachServer() async throws {
        let lines = try await end(["status", "--timeout", "1"], "127.0.0.1:1").split(separator: "\n")
        try #require(lines.count == 3)
        for line in lines { #expect(line.lowercased().contains("connection refused"), "\(line)") }
    }

    private static let nowhere = ["RABBIT_NODES": "(127.0.0.1:1)", "REDIS_NODES": "(127.0.0.1:1)"]

    @Test(arguments: [SIGTERM, SIGINT])
    func consumerThatHasNeverReachedAServerEndsAtASignal(_ signal: Int32) async throws {
        let consumer = try await CommandLineLiveTests().startEcho(
            [], environment: Self.nowhere, until: "connecting to RabbitMQ failed")
        let start = ContinuousClock.now
        kill(consumer.process.processIdentifier, signal)
        #expect(await consumer.ended.value == 0)
        #expect(ContinuousClock.now - start < .seconds(10), "neither the grace period nor a message's time is waited for")
    }

    @Test func statusDoesNotAskRedisWhereResultsAreReplies() async throws {
        let environment = Self.nowhere.merging(["QUEUE_ONLY": "1"]) { $1 }
        let text = try await MLServingProgram.run(["status", "--timeout", "1"], environment: environment)
        #expect(text.status == 69 && text.output.contains("\nredis     not used (QUEUE_ONLY=1)\n"), "\(text.output)")
        let json = try await MLServingProgram.run(["status", "--timeout", "1", "--json"], environment: environment)
        #expect(json.status == 69 && !json.output.contains("\"redis\""), "\(json.output)")
    }

    @Test func serverThatTakesConnectionsAndIsSilentIsNamed() async throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        try #require(listen(listener, 16) == 0)
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &size) }
        }
        let place = "127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        for arguments in [["predict", "--timeout", "0.5", "1"], ["predict", "--submit", "--timeout", "0.5", "1"]] {
            let error = try await end(arguments, place)
            #expect(error.contains(place) && error.contains("no answer"), "\(arguments): \(error)")
        }
    }
}
