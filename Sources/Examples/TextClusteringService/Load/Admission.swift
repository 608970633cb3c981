internal import MLServing
internal import Synchronization

/// Counts the requests that are worked on, and turns away what goes beyond.
///
/// Requests are not queued here: whoever sends them knows better whether to wait.
final class Admission: Sendable {
    private struct Counts {
        var requests = 0
        var largeRequests = 0
    }

    private let maximumRequests: Int
    private let maximumLargeRequests: Int
    private let counts = Mutex(Counts())

    init(maximumRequests: Int, maximumLargeRequests: Int) {
        self.maximumRequests = maximumRequests
        self.maximumLargeRequests = maximumLargeRequests
    }

    /// Throws if ``admit()`` would, so that a request is turned away before its body is read.
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
        return Place(in: self)
    }

    private func check(_ counts: Counts) throws {
        guard counts.requests < maximumRequests else { throw Self.overloaded("\(counts.requests) requests are being worked on") }
    }

    private static func overloaded(_ message: String) -> ServingError {
        ServingError(code: .overloaded, message: message, isRetryable: true)
    }
}

extension Admission {
    /// A request's place among those that are worked on. It is given back when the request is done, or the last reference goes.
    final class Place: Sendable {
        private enum State {
            case small
            case large
            case left
        }

        private let admission: Admission
        private let state = Mutex(State.small)

        fileprivate init(in admission: Admission) {
            self.admission = admission
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
            guard previous != .left else { return }
            admission.counts.withLock { counts in
                counts.requests -= 1
                if previous == .large { counts.largeRequests -= 1 }
            }
        }

        deinit {
            leave()
        }
    }
}
