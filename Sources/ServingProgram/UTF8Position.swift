/// Where bytes stop to be UTF-8.
struct UTF8Position: Equatable {
    /// Counted from 1.
    var line: Int
    /// Within the line, counted from 1.
    var byteInLine: Int

    /// - Returns: `nil` when all bytes are UTF-8.
    init?(ofFirstErrorIn bytes: [UInt8]) {
        if String(validating: bytes, as: UTF8.self) != nil { return nil }
        // A newline is a character of its own, so each line is UTF-8 or not by itself.
        var line = 1
        for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if String(validating: part, as: UTF8.self) == nil {
                self.init(line: line, byteInLine: Self.validCount(of: part) + 1)
                return
            }
            line += 1
        }
        self.init(line: line, byteInLine: 1)
    }

    private init(line: Int, byteInLine: Int) {
        self.line = line
        self.byteInLine = byteInLine
    }

    /// How many bytes at the start are whole characters.
    private static func validCount(of bytes: ArraySlice<UInt8>) -> Int {
        var iterator = bytes.makeIterator()
        var decoder = UTF8()
        var count = 0
        while case .scalarValue(let scalar) = decoder.decode(&iterator) { count += UTF8.width(scalar) }
        return count
    }
}
