import ArgumentParser
import Glibc

/// At which distances the requests of an open loop are due.
enum ArrivalPattern: String, CaseIterable, ExpressibleByArgument {
    /// Even ones.
    case fixed
    /// Random ones, as from many independent callers.
    case poisson
}

/// The moments at which the requests of an open loop are due, in their order.
struct ArrivalTimes {
    private let interval: Double
    private let pattern: ArrivalPattern
    private var elapsed = 0.0

    /// - Parameter rate: How many a second.
    init(rate: Double, pattern: ArrivalPattern) {
        interval = 1 / rate
        self.pattern = pattern
    }

    /// The next one, from the start on.
    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        defer { elapsed += pattern == .fixed ? interval : -interval * log(1 - Double.random(in: 0..<1, using: &generator)) }
        return .seconds(elapsed)
    }
}
