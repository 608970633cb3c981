import Testing

@testable import MLServingCore

@Suite("DeadLetterQueue: looking and dropping", .timeLimit(.minutes(5)))
struct DeadLetterQueueTests {
    /// Less than a page, exactly one, exactly several, and several with a rest.
    @Test(arguments: [1, 4, 12, 13])
    func lookingShowsEveryLetterInOrderAndRemovesNone(_ count: Int) async throws {
        let box = try await DeadLetterBox(count: count)
        let ids = (0..<count).map(String.init)
        for _ in 0..<3 {
            #expect(try await box.letters(pageSize: 4).list().map(\.id) == ids)
            #expect(try await box.letters().depth() == count)
        }
        try await box.expect(ids)
    }

    /// All letters have been taken when the first is given back, or they would not keep their order in a quorum queue.
    @Test func everythingIsGivenBackInOrder() async throws {
        let box = try await DeadLetterBox(count: 10)
        let transport = FaultyTransport(box.server.transport())
        #expect(try await box.letters(pageSize: 4, transport: transport).list(limit: 6).map(\.id) == (0..<6).map(String.init))
        #expect(transport.events.all == [.rejected(4), .rejected(2), .rejected(4)])
        try await box.expect((0..<10).map(String.init))
    }

    @Test func noMoreIsTakenOfALongQueueThanAskedFor() async throws {
        let box = try await DeadLetterBox(count: 1_010)
        let transport = FaultyTransport(box.server.transport())
        #expect(try await box.letters(pageSize: 4, transport: transport).list(limit: 6).map(\.id) == (0..<6).map(String.init))
        #expect(transport.events.all == [.rejected(4), .rejected(2)])
    }

    @Test func selectionGoesByReason() async throws {
        let box = try await DeadLetterBox(["a", "b", "a", "c", "a", "b"])
        let letters = box.letters(pageSize: 2)
        #expect(try await letters.list(DeadLetterSelection(reason: "a")).map(\.id) == ["0", "2", "4"])
        #expect(try await letters.list(DeadLetterSelection(reason: "a"), limit: 2).map(\.id) == ["0", "2"])
        #expect(try await letters.list(DeadLetterSelection(reason: "d")).isEmpty)
        try await box.expect((0..<6).map(String.init))
    }

    @Test(arguments: [1, 50]) func countTellsHowFarItWent(_ pageSize: Int) async throws {
        let box = try await DeadLetterBox(["a", "b", "a", "c", "a", "b"])
        let count = try await box.letters(pageSize: pageSize).forEach(DeadLetterSelection(reason: "a"), limit: 2) { _ in }
        #expect(count.waiting == 6 && count.seen == 3 && count.selected == 2)
    }

    @Test func letterIsFoundByItsID() async throws {
        let box = try await DeadLetterBox(count: 9)
        let letters = box.letters(pageSize: 2)
        #expect(try await letters.letter(withID: "7")?.body == MessagePackCodec().encode("7"))
        #expect(try await letters.letter(withID: "9") == nil)
        try await box.expect((0..<9).map(String.init))
    }

    @Test func emptyQueueHasNoLetters() async throws {
        let box = try await DeadLetterBox(count: 0)
        #expect(try await box.letters().list().isEmpty)
        #expect(try await box.letters().drop(.all) == DeadLetterCount(waiting: 0))
    }

    @Test func queueThatDoesNotExistIsAnError() async throws {
        let letters = DeadLetterQueue("nowhere", transport: InMemoryServer().transport())
        let error = await #expect(throws: TransportError.self) { try await letters.list() }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("nowhere") == true)
    }

    @Test func whatTheBodyThrowsEndsTheOperationAndLosesNothing() async throws {
        let box = try await DeadLetterBox(count: 5)
        await #expect(throws: ServingError.self) {
            try await box.letters(pageSize: 2).forEach { letter in
                if letter.id == "3" { throw ServingError(code: .closed, message: "enough") }
            }
        }
        try await box.expect((0..<5).map(String.init))
    }

    @Test func cancelledOperationLosesNothing() async throws {
        let box = try await DeadLetterBox(count: 5)
        let task = Task {
            try await box.letters(pageSize: 2).forEach { letter in
                if letter.id == "2" { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        try await box.expect((0..<5).map(String.init))
    }

    @Test func lettersThatOthersTakeMeanwhileAreNotWaitedForForEver() async throws {
        let box = try await DeadLetterBox(count: 5)
        let transport = RivalTransport(box.server.transport(), takes: 3)
        let count = try await box.letters(transport: transport).forEach { _ in }
        #expect(count.waiting == 5 && count.seen == 2)
    }

    @Test func lostConnectionEndsTheOperationInsteadOfShowingLettersTwice() async throws {
        let box = try await DeadLetterBox(count: 6)
        let transport = RivalTransport(box.server.transport(), takes: 0, generations: [1, 1, 2])
        let letters = box.letters(transport: transport)
        let error = await #expect(throws: TransportError.self) { try await letters.list() }
        #expect(error?.code == .connectionLost)
    }

    // MARK: Dropping

    @Test func droppedLettersAreGoneAndTheOthersKeepTheirOrder() async throws {
        let box = try await DeadLetterBox(["a", "b", "a", "c", "a", "b"])
        var dropped: [String] = []
        let count = try await box.letters(pageSize: 2).drop(DeadLetterSelection(ids: ["4", "1"])) { dropped.append($0.id) }
        #expect(dropped == ["1", "4"] && count.selected == 2 && count.missingIDs.isEmpty)
        try await box.expect(["0", "2", "3", "5"])
    }

    @Test func everyLetterOfARequestIsMeant() async throws {
        let box = try await DeadLetterBox(count: 3)
        try await box.add("1", reason: "again")
        #expect(try await box.letters(pageSize: 1).drop(DeadLetterSelection(ids: ["1"])).selected == 2)
        try await box.expect(["0", "2"])
    }

    @Test func idsThatAreNotThereAreTold() async throws {
        let box = try await DeadLetterBox(count: 3)
        let count = try await box.letters().drop(DeadLetterSelection(ids: ["x", "1", "b"]))
        #expect(count.missingIDs == ["b", "x"] && count.selected == 1)
        try await box.expect(["0", "2"])
    }

    @Test func allIsDroppedPageByPage() async throws {
        let box = try await DeadLetterBox(count: 11)
        #expect(try await box.letters(pageSize: 3).drop(.all).selected == 11)
        try await box.expect([])
    }

    @Test func dropGoesByReason() async throws {
        let box = try await DeadLetterBox(["a", "b", "a", "c"])
        #expect(try await box.letters(pageSize: 1).drop(DeadLetterSelection(reason: "a")).selected == 2)
        try await box.expect(["1", "3"])
    }
}
