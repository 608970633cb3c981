internal import MLServing
internal import Synchronization

/// Counts the requests that are worked on, and turns away what goes beyond.
///
/// Requests are not queued here: whoever sends them knows better whether to wait. A request has its place from before its body is read. So
/// that slow bodies do not keep the places from others, a body that has been coming for a while gives its place up to a request that finds
/// none: the oldest of the client that has the most such bodies.
final class Admission: Sendable {
    /// A request whose body is being read.
    private struct Reader {
        let client: NetworkAddress?
        let since: ContinuousClock.Instant
        /// Ends the reading.
        let giveUp: @Sendable () -> Void
    }

    private struct Counts {
        var requests = 0
        var largeRequests = 0
        var lastReader = 0
        var readers: [Int: Reader] = [:]
    }

    private let maximumRequests: Int
    private let maximumLargeRequests: Int
    private let patience: Duration
    private let counts = Mutex(Counts())

    /// - Parameters:
    ///   - maximumRequests: How many requests are worked on at once.
    ///   - maximumLargeRequests: How many large ones, of them.
    ///   - patience: For how long a body may come until another request may have its place.
    init(maximumRequests: Int, maximumLargeRequests: Int, patience: Duration = .milliseconds(500)) {
        self.maximumRequests = maximumRequests
        self.maximumLargeRequests = maximumLargeRequests
        self.patience = patience
    }

    /// Throws if all places are taken.
    func check() throws {
        try counts.withLock { try check($0) }
    }

    /// Counts a request in, for as long as somebody holds its place.
    ///
    /// - Throws: ``MLServingCore/ServingError`` with `overloaded` if there are too many.
    func admit() throws -> Place {
        try counts.withLock { counts in
            try check(counts)
            counts.requests += 1
        }
        return Place(in: self, reader: nil)
    }

    /// Counts a request in whose body is about to be read.
    ///
    /// - Parameters:
    ///   - client: Whose it is.
    ///   - giveUp: Ends the reading when the place goes to another request.
    /// - Throws: ``MLServingCore/ServingError`` with `overloaded` if there are too many.
    func admitReader(of client: NetworkAddress?, giveUp: @escaping @Sendable () -> Void) throws -> Place {
        let (id, slowest) = try counts.withLock { counts in
            let slowest = counts.requests < maximumRequests ? nil : slowestReader(in: counts)
            if slowest == nil { try check(counts) }
            counts.requests += slowest == nil ? 1 : 0
            counts.lastReader += 1
            counts.readers[counts.lastReader] = Reader(client: client, since: .now, giveUp: giveUp)
            return (counts.lastReader, slowest.flatMap { counts.readers.removeValue(forKey: $0) })
        }
        slowest?.giveUp()
        return Place(in: self, reader: id)
    }

    private func slowestReader(in counts: Counts) -> Int? {
        let now = ContinuousClock.now
        let slow = counts.readers.filter { now - $0.value.since >= patience }
        let sizes = Dictionary(grouping: slow.values, by: \.client).mapValues(\.count)
        return slow.min { first, second in
            let (firstSize, secondSize) = (sizes[first.value.client] ?? 0, sizes[second.value.client] ?? 0)
            return firstSize == secondSize ? first.key < second.key : firstSize > secondSize
        }?.key
    }

    private func check(_ counts: Counts) throws {
        guard counts.requests < maximumRequests else { throw Self.overloaded("\(counts.requests) requests are being worked on") }
    }

    private static func overloaded(_ message: String) -> ServingError {
        ServingError(code: .overloaded, message: message)
    }
}

extension Admission {
    /// A request's place among those that are worked on. It is given back when the request is done, or the last reference goes.
    final class Place: Sendable {
        private enum State {
            case reading(Int)
            case small
            case large
            case left
        }

        private let admission: Admission
        private let state: Mutex<State>

        fileprivate init(in admission: Admission, reader: Int?) {
            self.admission = admission
            state = Mutex(reader.map(State.reading) ?? .small)
        }

        /// Keeps the place now that the body has been read.
        ///
        /// - Throws: ``MLServingCore/ServingError`` with `overloaded` if it has gone to another request.
        func finishReading() throws {
            try state.withLock { state in
                guard case .reading(let reader) = state else { return }
                let isMine = admission.counts.withLock { $0.readers.removeValue(forKey: reader) != nil }
                state = isMine ? .small : .left
                if !isMine { throw Admission.overloaded("the body came too slowly") }
            }
        }

        /// Counts the request among the large ones, too.
        ///
        /// - Throws: ``MLServingCore/ServingError`` with `overloaded` if there are too many.
        func becomeLarge() throws {
            try admission.counts.withLock { counts in
                guard counts.largeRequests < admission.maximumLargeRequests else {
                    throw Admission.overloaded("\(counts.largeRequests) large requests are being worked on")
                }
                counts.largeRequests += 1
            }
            state.withLock { $0 = .large }
        }

        /// Gives the place back, once.
        func leave() {
            let previous = state.withLock { state in
                defer { state = .left }
                return state
            }
            admission.counts.withLock { counts in
                switch previous {
                // One that has gone to another request is no longer there to be given back.
                case .reading(let reader): counts.requests -= counts.readers.removeValue(forKey: reader) == nil ? 0 : 1
                case .small: counts.requests -= 1
                case .large:
                    counts.requests -= 1
                    counts.largeRequests -= 1
                case .left: break
                }
            }
        }

        deinit {
            leave()
        }
    }
}
