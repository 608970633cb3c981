/// Bounds on what one pickle may cost to read.
///
/// A pickle is a program: a few bytes can describe a structure that is exponentially large once its shared parts are
/// counted each time they occur. Values here are immutable copies, so every limit on size counts shared parts as often as
/// they occur.
public struct PickleLimits: Sendable, Hashable {
    /// The longest input in bytes. 256 MiB by default.
    public var maximumInputSize = 256 << 20
    /// How deep containers may nest. 256 by default.
    public var maximumDepth = 256
    /// How many values the memo may hold. 10 million by default.
    public var maximumMemoEntries = 10_000_000
    /// How many values may wait on the stack at a time. 4 million by default, which also bounds the length of a tuple.
    public var maximumStackSize = 4_000_000
    /// How many values the result may consist of, shared ones counted each time. 10 million by default.
    ///
    /// A numpy array of numbers counts as one value.
    public var maximumValues = 10_000_000
    /// How many bytes of text and binary data the result may hold, shared ones counted each time. 512 MiB by default.
    public var maximumExpandedSize = 512 << 20

    /// The default limits.
    public init() {}
}
