/// Goes through a queue in its order, and gives back whatever is not acknowledged.
///
/// A broker moves on to the next message only while the earlier ones are unsettled, so they stay so until the end. What is held of each is its tag. Letters
/// come in pages: a consumer gets as many as its prefetch allows, and when all of those are to be kept, a further consumer reads on. So never
/// more than a page of letters is in memory. When the process dies, the broker takes back what is unsettled.
final class DeadLetterReader {
    /// A letter that the broker waits to hear about.
    struct HeldLetter {
        let letter: DeadLetter
        let tag: DeliveryTag
    }

    private struct Page {
        let source: any DeliverySource
        let prefetch: Int
        /// Unsettled, in order of arrival.
        var held: [DeliveryTag] = []
        var generation: UInt64?

        var isFull: Bool { held.count >= prefetch }
    }

    /// How many times in a row the broker may deliver nothing although letters wait.
    private static let maximumIdleRounds = 10

    /// How many letters are taken for nothing but the order, and how many bytes of them.
    private static let maximumRest = 1_000
    private static let maximumRestBytes = 64 << 20

    /// How many letters are given back before the broker is seen to have them: it does not answer, and with more of them under way at once
    /// RabbitMQ puts them back in another order.
    private static let groupCount = 25

    private let broker: any Broker
    private let queue: String
    private let pageSize: Int
    private let idleTimeout: Duration
    /// How many letters are still to be looked at: what comes later is not waited for, or replaying what fails again would never end.
    private var remaining: Int
    /// The last one is being read; the ones before are full.
    private var pages: [Page] = []

    init(broker: any Broker, queue: String, depth: Int, pageSize: Int, idleTimeout: Duration) {
        self.broker = broker
        self.queue = queue
        self.pageSize = pageSize
        self.idleTimeout = idleTimeout
        remaining = depth
    }

    // MARK: Reading

    /// The next letters; none when all have been seen that were there at the beginning.
    ///
    /// - Parameter wanted: How many letters to take at most, if it is known that no more are needed.
    func next(wanted: Int = .max) async throws -> [HeldLetter] {
        var idleRounds = 0
        var wasEmpty = false
        while remaining > 0, wanted > 0 {
            try Task.checkCancellation()
            let source = try await openSource(wanted: wanted)
            if let deliveries = try await within(idleTimeout, { try await source.next() }) {
                return try take(deliveries)
            }
            // Letters that others took, or that expired, will not come. But the last ones may be on their way here, so it takes another
            // wait in vain to be sure.
            let depth = try await broker.status(of: queue).depth
            if depth == 0, wasEmpty { break }
            wasEmpty = depth == 0
            idleRounds += 1
            guard idleRounds < Self.maximumIdleRounds else {
                throw TransportError(
                    code: .unavailable, message: "\(depth) messages wait in queue \(queue), but the broker delivers none; try again later")
            }
        }
        remaining = 0
        return []
    }

    /// The consumer that reads on.
    private func openSource(wanted: Int) async throws -> any DeliverySource {
        if let page = pages.last, !page.isFull { return page.source }
        let prefetch = min(pageSize, remaining, wanted)
        let opened = try await within(idleTimeout * Self.maximumIdleRounds) { [broker, queue] in
            try await broker.consume(queue, prefetch: prefetch)
        }
        guard let opened else {
            throw TransportError(code: .unavailable, message: "the broker did not start a consumer of queue \(queue) in time")
        }
        pages.append(Page(source: opened, prefetch: prefetch))
        return opened
    }

    private func take(_ deliveries: [Delivery]) throws -> [HeldLetter] {
        guard let generation = deliveries.first?.tag.generation else {
            throw TransportError(code: .closed, message: "the transport was closed while queue \(queue) was read")
        }
        let last = pages.count - 1
        // Everything comes again after a lost connection, so it would be seen twice.
        guard pages[last].generation == nil || pages[last].generation == generation else {
            throw TransportError(
                code: .connectionLost, message: "the connection was lost while queue \(queue) was read; nothing is lost, try again")
        }
        pages[last].generation = generation
        pages[last].held += deliveries.map(\.tag)
        let seen = deliveries.prefix(remaining)
        remaining -= seen.count
        return seen.map { HeldLetter(letter: DeadLetter($0.message, defect: $0.defect), tag: $0.tag) }
    }

    // MARK: Settling

    /// Removes letters for good, of those that came last.
    func acknowledge(_ letters: [HeldLetter]) {
        guard !letters.isEmpty, let last = pages.indices.last else { return }
        let tags = Set(letters.map(\.tag))
        pages[last].held.removeAll { tags.contains($0) }
        pages[last].source.acknowledge(letters.map(\.tag))
    }

    /// Gives everything back that has not been acknowledged, in order.
    ///
    /// - Parameter keepsOrder: Whether it is worth while to keep letters that were not looked at behind those that were.
    func close(keepsOrder: Bool) async {
        if keepsOrder { await takeRest() }
        guard let last = pages.indices.last else { return }
        // The one that has room goes first, or it would receive what the others give back.
        await stop(last)
        var expectedDepth = pages.contains { !$0.held.isEmpty } ? try? await broker.status(of: queue).depth : nil
        for index in pages.indices {
            if index != last { await stop(index) }
            var held = pages[index].held[...]
            while !held.isEmpty {
                let group = held.prefix(Self.groupCount)
                held = held.dropFirst(group.count)
                pages[index].source.reject(Array(group), requeue: true)
                guard let depth = expectedDepth.map({ $0 + group.count }) else { continue }
                expectedDepth = await reaches(depth) ? depth : nil
            }
        }
        pages = []
    }

    /// Takes what has not been looked at, to give it back after what has: a quorum queue puts what it is given back behind all that was
    /// ever given back before, so that only giving back everything keeps the order. From a long queue, that would take too long.
    private func takeRest() async {
        guard remaining <= Self.maximumRest, pages.contains(where: { !$0.held.isEmpty }) else { return }
        var byteCount = 0
        while byteCount < Self.maximumRestBytes, let letters = try? await next(), !letters.isEmpty {
            byteCount += letters.reduce(0) { $0 + $1.letter.body.count }
        }
    }

    /// Ends the intake of a page. What had arrived without having been looked at is held too.
    private func stop(_ index: Int) async {
        await pages[index].source.cancel()
        while let unseen = try? await pages[index].source.next(), !unseen.isEmpty {
            pages[index].held += unseen.map(\.tag)
        }
    }

    /// Waits until so many messages are back in the queue; not for ever, because others may take them.
    private func reaches(_ depth: Int) async -> Bool {
        let end = ContinuousClock.now + idleTimeout
        while let status = try? await broker.status(of: queue) {
            if status.depth >= depth { return true }
            guard ContinuousClock.now < end, (try? await Task.sleep(for: .milliseconds(2))) != nil else { break }
        }
        return false
    }
}
