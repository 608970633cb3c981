/// A type that has a form of its own in Python, such as a numpy array.
///
/// The coders of this module use that form wherever such a value occurs, nested or alone; the type's `Codable` implementation serves other
/// coders.
public protocol PickleRepresentable: Codable {
    /// The plain value to write.
    func pickleValue() throws -> PickleValue

    /// Creates a value from one that came from outside.
    init(pickleValue value: PickleValue) throws
}
