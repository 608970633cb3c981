/// Finds the words of a text: the runs between runs of `\W` of Python's `re`.
enum WordSplitter {
    /// The places of the words, none of them empty.
    ///
    /// - Parameter utf8: Valid UTF-8, as every string lends it.
    static func ranges(of utf8: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start: Int?
        var index = 0
        var decoder = UTF8()
        var rest = utf8.makeIterator()
        while case .scalarValue(let scalar) = decoder.decode(&rest) {
            if scalar.isWordCharacter {
                start = start ?? index
            } else if let first = start {
                ranges.append(first..<index)
                start = nil
            }
            index += UTF8.width(scalar)
        }
        if let first = start { ranges.append(first..<index) }
        return ranges
    }
}
