public import ArgumentParser
internal import MLServing

/// A time in seconds, as an option takes it: from a millisecond to a thousand million seconds.
public struct Seconds: ExpressibleByArgument, Sendable, CustomStringConvertible {
    /// The time.
    public let duration: Duration
    private let text: String

    /// Reads a number of seconds; `nil` when it is none, or none to wait for.
    public init?(argument: String) {
        guard let duration = Double(decimal: argument).flatMap({ Duration(secondsOfWait: $0) }) else { return nil }
        self.init(duration, argument)
    }

    private init(_ duration: Duration, _ text: String) {
        self.duration = duration
        self.text = text
    }

    /// So many whole seconds, as a default.
    public static func whole(_ seconds: Int32) -> Seconds { Seconds(.seconds(seconds), "\(seconds)") }

    /// As it was written.
    public var description: String { text }
}

/// A time in seconds, or 0 for no time at all.
public struct SecondsOrNone: ExpressibleByArgument, Sendable {
    /// The time, perhaps zero.
    public let duration: Duration

    /// Reads a number of seconds; `nil` when it is none, or none to wait for.
    public init?(argument: String) {
        if let number = Double(decimal: argument), number == 0 {
            duration = .zero
        } else if let seconds = Seconds(argument: argument) {
            duration = seconds.duration
        } else {
            return nil
        }
    }
}
