/// Reads Python's pickle format, protocols 0 to 5, without executing anything.
///
/// Plain values, numpy arrays and numpy scalars are read. Whatever would call a function, make an instance of a class or refer
/// outside the pickle is refused with its name. Malformed, truncated and hostile input ends in a ``PickleError``; the memory
/// stays proportional to the input.
public struct PickleReader: Sendable {
    /// What becomes of `str` values that Python 2 wrote, which do not say whether they are text or bytes.
    public enum LegacyStrings: Sendable, Hashable {
        /// ``PickleValue/string(_:)``, one character for each byte.
        case latin1
        /// ``PickleValue/bytes(_:)``.
        case bytes
    }

    /// Bounds on what a pickle may cost.
    public var limits: PickleLimits
    /// How to read `str` values from Python 2. Inside numpy arrays they are always binary data.
    public var legacyStrings: LegacyStrings

    /// Makes a reader.
    public init(limits: PickleLimits = PickleLimits(), legacyStrings: LegacyStrings = .latin1) {
        self.limits = limits
        self.legacyStrings = legacyStrings
    }

    /// Reads the one pickle that `bytes` are.
    ///
    /// - Throws: ``PickleError``, also if bytes follow the pickle.
    public func read(_ bytes: [UInt8]) throws(PickleError) -> PickleValue {
        try self.read(bytes[...])
    }

    /// Reads the one pickle that `bytes` are.
    ///
    /// - Throws: ``PickleError``, also if bytes follow the pickle. Offsets count from the start of the slice.
    public func read(_ bytes: ArraySlice<UInt8>) throws(PickleError) -> PickleValue {
        var rest = bytes
        let value = try self.readPrefix(&rest)
        guard rest.isEmpty else {
            throw PickleError(.malformed, "\(rest.count) bytes follow the pickle", offset: bytes.count - rest.count)
        }
        return value
    }

    /// Reads the pickle at the start of `bytes` and removes it from them.
    public func readPrefix(_ bytes: inout ArraySlice<UInt8>) throws(PickleError) -> PickleValue {
        guard bytes.count <= self.limits.maximumInputSize else {
            throw PickleError.exceeded("maximumInputSize", self.limits.maximumInputSize, "the pickle has \(bytes.count) bytes")
        }
        let (value, length) = try bytes.withUnsafeBufferPointer { (buffer) throws(PickleError) -> (PickleValue, Int) in
            var machine = PickleMachine(PickleInput(UnsafeRawBufferPointer(buffer)), limits: self.limits)
            let result = try machine.run()
            let length = machine.input.offset
            var resolver = PickleResolver(machine.objects, limits: self.limits, legacyStrings: self.legacyStrings)
            return (try resolver.value(of: result), length)
        }
        bytes = bytes.dropFirst(length)
        return value
    }
}
