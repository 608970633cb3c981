public import ArgumentParser
internal import MLServing

/// A number in decimal notation, as an option takes it.
public struct DecimalNumber: ExpressibleByArgument, Sendable, CustomStringConvertible {
    /// The number.
    public let value: Double

    /// Makes a number, as a default.
    public init(_ value: Double) {
        self.value = value
    }

    /// Reads a number; `nil` when it is none.
    public init?(argument: String) {
        guard let value = Double(decimal: argument) else { return nil }
        self.value = value
    }

    /// As it is shown as a default.
    public var description: String { "\(value)" }
}
