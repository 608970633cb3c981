import EventLoop
import Testing

@testable import Redis

@Suite("Feeds", .timeLimit(.minutes(5)))
struct FeedsTests {
    private let message = RedisMessage(channel: "c", payload: [1])
    private let failure = RedisError(.rejected, "no")

    private func results(_ notices: [Feeds.Notice]) -> [Result<RedisSubscriptionEvents, RedisError>] {
        notices.compactMap { if case .hand(let result, _) = $0 { result } else { nil } }
    }

    @Test func readerIsConfirmedAndWokenOnce() async throws {
        var feeds = Feeds(maximumBytes: 1000)
        let (confirmed, arrived) = (OneShot<Void>(), OneShot<Void>())
        let reader = feeds.add(.reader(confirmed: confirmed))
        feeds.establish([reader])
        try await confirmed.wait()
        #expect(try feeds.take(reader, orSignal: arrived) == nil)
        feeds.append(message, to: [reader])
        feeds.append(message, to: [reader])
        let notices = feeds.takeNotices()
        #expect(notices.count == 1)
        notices[0].deliver()
        try await arrived.wait()
        feeds.stopSignalling(reader)
        #expect(try feeds.take(reader, orSignal: OneShot()) == RedisSubscriptionEvents(messages: [message, message]))
        #expect(feeds.takeNotices().isEmpty)
    }

    @Test func secondConfirmationMeansThatMessagesMayBeMissing() throws {
        var feeds = Feeds(maximumBytes: 1000)
        let reader = feeds.add(.reader(confirmed: OneShot()))
        feeds.establish([reader])
        feeds.establish([reader])
        #expect(try feeds.take(reader, orSignal: OneShot()) == RedisSubscriptionEvents(mayHaveMissed: true))
    }

    @Test func handlerIsToldOfEachConfirmationAndOfTheEnd() {
        var feeds = Feeds(maximumBytes: 1000)
        let handler = feeds.add(.handler { _ in })
        feeds.establish([handler])
        feeds.append(message, to: [handler])
        #expect(results(feeds.takeNotices()).map { try? $0.get() } == [RedisSubscriptionEvents(messages: [message], mayHaveMissed: true)])
        feeds.append(message, to: [handler])
        feeds.fail(handler, failure)
        let last = results(feeds.takeNotices())
        #expect(last.count == 2)
        #expect((try? last.first?.get()) == RedisSubscriptionEvents(messages: [message]))
        if case .failure(let error) = last[1] { #expect(error.code == .rejected) } else { Issue.record("\(last)") }
        feeds.append(message, to: [handler])
        #expect(feeds.takeNotices().isEmpty)
    }

    @Test func failedReaderGetsWhatArrivedAndThenTheFailure() throws {
        var feeds = Feeds(maximumBytes: 1000)
        let reader = feeds.add(.reader(confirmed: OneShot()))
        feeds.append(message, to: [reader])
        feeds.fail(reader, failure)
        #expect(try feeds.take(reader, orSignal: OneShot())?.messages == [message])
        #expect(throws: RedisError.self) { try feeds.take(reader, orSignal: OneShot()) }
    }

    @Test func subscriptionIsReadByOneTaskAtATime() throws {
        var feeds = Feeds(maximumBytes: 1000)
        let reader = feeds.add(.reader(confirmed: OneShot()))
        #expect(try feeds.take(reader, orSignal: OneShot()) == nil)
        let error = #expect(throws: RedisError.self) { try feeds.take(reader, orSignal: OneShot()) }
        #expect(error?.code == .overloaded)
    }

    @Test func removedReaderIsEnded() async {
        var feeds = Feeds(maximumBytes: 1000)
        let arrived = OneShot<Void>()
        let reader = feeds.add(.reader(confirmed: OneShot()))
        _ = try? feeds.take(reader, orSignal: arrived)
        feeds.remove(reader)
        let error = await #expect(throws: RedisError.self) { try await arrived.wait() }
        #expect(error?.code == .closed)
        #expect(feeds.identifiers.isEmpty)
    }
}
