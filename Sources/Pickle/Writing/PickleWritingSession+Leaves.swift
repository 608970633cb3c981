extension PickleWritingSession {
    mutating func append(_ value: Int64) {
        if let short = UInt8(exactly: value) {
            self.output.append(.binint1, short)
        } else if let short = UInt16(exactly: value) {
            self.output.append(.binint2, littleEndian: short)
        } else if let short = Int32(exactly: value) {
            self.output.append(.binint, littleEndian: short)
        } else {
            self.append(PickleInteger(value))
        }
    }

    mutating func append(_ value: PickleInteger) {
        if let count = UInt8(exactly: value.bytes.count) {
            self.output.append(.long1, count)
        } else {
            // The caller has made sure that the length fits.
            self.output.append(.long4, littleEndian: Int32(truncatingIfNeeded: value.bytes.count))
        }
        self.output.append(contentsOf: value.bytes)
    }

    mutating func append(_ value: String) {
        let count = value.utf8.count
        if let short = UInt8(exactly: count), !self.isProtocol2 {
            self.output.append(.shortBinunicode, short)
        } else if let short = UInt32(exactly: count) {
            self.output.append(.binunicode, littleEndian: short)
        } else {
            self.output.append(.binunicode8, littleEndian: UInt64(count))
        }
        self.output.append(contentsOf: value.utf8)
    }

    mutating func append(bytes: [UInt8]) {
        if self.isProtocol2 {
            if bytes.isEmpty {
                self.append(global: "__builtin__", "bytes")
                self.output.append(.emptyTuple)
            } else {
                self.append(global: "_codecs", "encode")
                self.appendLatin1(bytes)
                self.output.append(.tuple2)
            }
            self.output.append(.reduce)
        } else {
            if let short = UInt8(exactly: bytes.count) {
                self.output.append(.shortBinbytes, short)
            } else if let short = UInt32(exactly: bytes.count) {
                self.output.append(.binbytes, littleEndian: short)
            } else {
                self.output.append(.binbytes8, littleEndian: UInt64(bytes.count))
            }
            self.output.append(contentsOf: bytes)
        }
    }

    mutating func append(bytearray bytes: [UInt8]) {
        self.append(global: self.isProtocol2 ? "__builtin__" : "builtins", "bytearray")
        if bytes.isEmpty {
            self.output.append(.emptyTuple)
        } else if self.isProtocol2 {
            // Python 2 reads this form too.
            self.appendLatin1(bytes)
            self.output.append(.tuple2)
        } else {
            self.append(bytes: bytes)
            self.output.append(.tuple1)
        }
        self.output.append(.reduce)
    }

    /// Writes bytes as text with the name of the codec that turns it into bytes.
    private mutating func appendLatin1(_ bytes: [UInt8]) {
        self.append(PickleText.latin1(bytes))
        guard !self.recall(.text("latin1")) else { return }
        self.append("latin1")
        self.memoise(.text("latin1"))
    }

    // MARK: numpy

    /// Writes `_reconstruct(ndarray, (0,), b'b')` and its state `(1, shape, dtype, False, data)`.
    mutating func append(_ array: NumpyArray, depth: Int) throws(PickleError) {
        self.append(global: "numpy.core.multiarray", "_reconstruct")
        self.append(global: "numpy", "ndarray")
        self.append(Int64(0))
        self.output.append(.tuple1)
        self.append(bytes: [UInt8(ascii: "b")])
        self.output.append(.tuple3)
        self.output.append(.reduce)
        self.output.append(.mark)
        self.append(Int64(1))
        self.output.append(.mark)
        for dimension in array.shape { self.append(Int64(dimension)) }
        self.output.append(.tuple)
        self.append(array.elementType)
        self.output.append(.newfalse)
        if array.elementType == .object {
            try self.append(container: .list(array.objects), depth: depth)
        } else {
            self.append(bytes: array.bytes)
        }
        self.output.append(.tuple)
        self.output.append(.build)
    }

    mutating func append(_ scalar: NumpyScalar) {
        self.append(global: "numpy.core.multiarray", "scalar")
        self.append(scalar.elementType)
        self.append(bytes: scalar.bytes)
        self.output.append(.tuple2)
        self.output.append(.reduce)
    }

    /// Writes `dtype(code, False, True)` and its state `(3, order, None, None, None, size, alignment, flags)`.
    private mutating func append(_ type: NumpyElementType) {
        guard !self.recall(.dataType(type)) else { return }
        self.append(global: "numpy", "dtype")
        self.append(type.code)
        self.output.append(.newfalse)
        self.output.append(.newtrue)
        self.output.append(.tuple3)
        self.output.append(.reduce)
        self.output.append(.mark)
        self.append(Int64(3))
        self.append(type.swapWidth > 1 ? "<" : "|")
        for _ in 0..<3 { self.output.append(.none) }
        // Types of one size leave size and alignment to numpy; the flags say what the memory of an element holds.
        let (size, alignment, flags) =
            switch type {
            case .bytes(let count): (count, 1, 0)
            case .unicode(let count): (count * 4, 4, 8)
            case .object: (-1, -1, 63)
            default: (-1, -1, 0)
            }
        for value in [size, alignment, flags] { self.append(Int64(value)) }
        self.output.append(.tuple)
        self.output.append(.build)
        self.memoise(.dataType(type))
    }
}
