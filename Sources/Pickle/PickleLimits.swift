/// Bounds on what one pickle may cost to read.
///
/// A pickle is a program: a few bytes can describe a structure that is exponentially large once its shared parts are counted each time they
/// occur. What sharing costs nothing is counted once, and what it costs is counted at each occurrence:
/// - Text counts once, however often it occurs: all occurrences share one storage, here and in what is decoded from them. So
///   `["x" * 500] * 10_000`, which Python pickles in 30 kB, holds 500 bytes of text.
/// - Values count each time, because whoever walks or decodes the result meets them there again. A nest of lists that each name the one
///   before ten times (a "billion laughs") exceeds ``maximumValues`` after some levels.
/// - Binary data and numpy arrays count each time, because they become arrays of their own in what is decoded from them.
///
/// Writing a value writes each occurrence: see ``PickleWriter/maximumByteCount``.
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
    /// How many bytes of text, counted once, and how many of binary data and arrays, counted each time they occur, the result may hold.
    /// 512 MiB by default.
    public var maximumExpandedSize = 512 << 20

    /// The default limits.
    public init() {}
}
