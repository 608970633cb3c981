import EventLoop
import Synchronization
import Testing

@testable import MLServingCore

@Suite("ModelHost: announcements", .timeLimit(.minutes(5)))
struct HostAnnouncementTests {
    private struct Shout: Predictor {
        func predict(_ text: String) async throws -> String { text.uppercased() }
    }

    private static var away: AmnesicDirectory {
        let directory = AmnesicDirectory()
        directory.isAway.store(true, ordering: .relaxed)
        return directory
    }

    /// What clients see, as soon as it is as expected.
    private func untilModels(
        _ server: InMemoryServer, are expected: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [AnnouncedModel] {
        let client = ModelClient(transport: server.transport(), logger: Serving.quiet)
        while true {
            let models = try await client.models()
            if models.map({ "\($0.address)" }) == expected {
                await client.shutdown()
                return models
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private func host(_ transport: any Transport, usesStore: Bool = true) -> ModelHost {
        var configuration = ConsumerConfiguration(gracefulShutdownSignals: [])
        configuration.usesStore = usesStore
        return ModelHost(transport: transport, configuration: configuration, logger: Serving.quiet)
    }

    @Test func modelsAreAnnouncedWhileTheyAreServed() async throws {
        let server = InMemoryServer()
        let host = host(server.transport())
        let description = ModelDescription(summary: "Shouts.", inputSchema: #"{"type": "string"}"#)
        try host.serve(Shout(), as: "shout", options: ServingOptions(description: description))
        try host.serve(Shout(), as: "shout:2")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await host.run() }
            let models = try await untilModels(server, are: ["shout", "shout:2"])
            #expect(models[0].description == ModelDescription(summary: "Shouts.", inputSchema: #"{"type":"string"}"#))
            #expect(models[0].contentTypes.contains("application/json") && models[0].hosts.count == 1)
            await host.unload("shout")
            _ = try await untilModels(server, are: ["shout:2"])
            try host.serve(Shout(), as: "shout")
            _ = try await untilModels(server, are: ["shout", "shout:2"])
            group.cancelAll()
        }
    }

    @Test func drainedHostIsListedNoLonger() async throws {
        let server = InMemoryServer()
        let (runner, drainRequest) = (host(server.transport()), Mailbox<Never>())
        try runner.serve(Shout(), as: "shout")
        async let end: Void = runner.run(trapsSignals: false, drainingAtEndOf: drainRequest)
        _ = try await untilModels(server, are: ["shout"])
        drainRequest.finish()
        try await end
        #expect(await server.directory.entries() == [])
    }

    @Test func announcementsComeBackAfterALossOfData() async throws {
        let executor = InMemoryServer().executor
        let directory = AmnesicDirectory()
        let announcer = ModelAnnouncer(directory: directory, executor: executor, timeToLive: .milliseconds(30), logger: Serving.quiet)
        try announcer.announce("m", ModelDescription(), contentTypes: [])
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: executor) { try await announcer.run() }
            let written = await directory.entered.wait(for: 3)
            #expect(written[0].count == 1 && written.allSatisfy { $0 == written[0] })
            // What cannot be written is written when it can.
            directory.isAway.store(true, ordering: .relaxed)
            await directory.refused.wait(for: 2)
            directory.isAway.store(false, ordering: .relaxed)
            await directory.entered.wait(for: directory.entered.all.count + 1)
            group.cancelAll()
        }
    }

    @Test func modelIsServedThoughNothingCanBeAnnounced() async throws {
        let server = InMemoryServer()
        let host = host(ElsewhereTransport(base: server.transport(), directory: Self.away))
        try host.serve(Shout(), as: "shout")
        let client = ModelClient(transport: server.transport(), logger: Serving.quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await host.run() }
            let answer: String = try await client.predict("a", model: "shout")
            #expect(answer == "A")
            group.cancelAll()
        }
        await client.shutdown()
    }

    @Test func nothingIsAnnouncedWithoutAStore() async throws {
        let server = InMemoryServer()
        let host = host(server.transport(), usesStore: false)
        try host.serve(Shout(), as: "shout")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await host.run() }
            try await host.ready()
            group.cancelAll()
        }
        #expect(await server.directory.entries() == [])
    }

    @Test func descriptionsThatCannotBeAnnouncedAreRefused() throws {
        let host = host(InMemoryServer().transport())
        for description in [
            ModelDescription(inputSchema: "{"), ModelDescription(example: "hello"),
            ModelDescription(summary: String(repeating: "x", count: ModelDescription.maximumByteCount + 1)),
        ] {
            let error = #expect(throws: ModelHostError.self) {
                try host.serve(Shout(), as: "shout", options: ServingOptions(description: description))
            }
            #expect(error?.code == .invalidDescription)
        }
        #expect(host.models.isEmpty)
    }
}

/// Forgets everything at once, and may be away.
private final class AmnesicDirectory: ModelDirectory {
    let entered = Recorded<[DirectoryEntry]>()
    let refused = Recorded<Void>()
    let isAway = Atomic(false)

    func enter(_ entries: [DirectoryEntry], timeToLive: Duration) async throws {
        if isAway.load(ordering: .relaxed) {
            refused.append(())
            throw TransportError(code: .unavailable, message: "the test is away")
        }
        entered.append(entries)
    }

    func withdraw(_ names: [String]) async throws {}
    func entries() async throws -> [DirectoryEntry] { [] }
}

/// A transport whose models are announced elsewhere.
private struct ElsewhereTransport: Transport {
    let base: any Transport
    let directory: (any ModelDirectory)?

    var executor: any TimedExecutor { base.executor }
    var broker: any Broker { base.broker }
    var store: any ResultStore { base.store }
    func run() async throws { try await base.run() }
}
