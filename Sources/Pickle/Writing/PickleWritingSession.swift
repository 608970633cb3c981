/// The writing of one pickle.
struct PickleWritingSession: ~Copyable {
    var output = PickleOutput()
    let isProtocol2: Bool

    private let configuration: PickleWriter
    /// The memo numbers of what occurs again and again: ASCII keys and the parts of numpy arrays.
    private var memo: [Memoised: UInt32] = [:]

    /// What the memo knows. Texts are ASCII only, where Swift's equality is Python's.
    enum Memoised: Hashable {
        case text(String)
        case global(String, String)
        case dataType(NumpyElementType)
    }

    private static let batch = 1000
    private static let longestMemoisedKey = 64
    private static let maximumMemoisedKeys = 65_536

    init(_ configuration: PickleWriter) {
        self.configuration = configuration
        self.isProtocol2 = configuration.protocolVersion == .two
    }

    mutating func write(_ value: PickleValue) throws(PickleError) -> [UInt8] {
        self.output.append(.proto, self.isProtocol2 ? 2 : 4)
        let frame = self.configuration.framing && !self.isProtocol2 ? self.output.bytes.count + 1 : nil
        if frame != nil { self.output.append(.frame, littleEndian: UInt64(0)) }
        try self.append(value, depth: 0)
        self.output.append(.stop)
        if let frame { self.output.patch(UInt64(self.output.bytes.count - frame - 8), at: frame) }
        return self.output.bytes
    }

    mutating func append(_ value: PickleValue, depth: Int) throws(PickleError) {
        switch value {
        case .none: self.output.append(.none)
        case .bool(let value): self.output.append(value ? .newtrue : .newfalse)
        case .int(let value): self.append(value)
        case .bigInteger(let value):
            guard value.bytes.count <= Int(Int32.max) else { throw PickleError(.notRepresentable, "an \(value)") }
            self.append(value)
        case .float(let value): self.output.append(.binfloat, bigEndian: value.bitPattern)
        case .string(let value):
            try self.checkRoom(for: value.utf8.count)
            self.append(value)
        case .bytes(let value):
            try self.checkRoom(for: value.count)
            self.append(bytes: value)
        case .bytearray(let value):
            try self.checkRoom(for: value.count)
            self.append(bytearray: value)
        case .array(let value):
            try self.checkRoom(for: value.bytes.count)
            try self.append(value, depth: depth)
        case .scalar(let value): self.append(value)
        case .list, .tuple, .dictionary, .set, .frozenset:
            try self.checkRoom(for: 0)
            try self.append(container: value, depth: depth)
        }
    }

    private func checkRoom(for byteCount: Int) throws(PickleError) {
        let sum = self.output.bytes.count + byteCount
        guard sum <= self.configuration.maximumByteCount else {
            throw PickleError.exceeded(
                "maximumByteCount", self.configuration.maximumByteCount, "the pickle becomes \(sum) bytes long or longer")
        }
    }

    mutating func append(container: PickleValue, depth: Int) throws(PickleError) {
        guard depth < self.configuration.maximumDepth else {
            throw PickleError.exceeded(
                "maximumDepth", self.configuration.maximumDepth, "containers nest \(depth + 1) deep or deeper")
        }
        let depth = depth + 1
        switch container {
        case .list(let values): try self.append(list: values, depth: depth)
        case .tuple(let values): try self.append(tuple: values, depth: depth)
        case .dictionary(let dictionary): try self.append(dictionary, depth: depth)
        case .set(let values): try self.append(set: values, isFrozen: false, depth: depth)
        case .frozenset(let values): try self.append(set: values, isFrozen: true, depth: depth)
        default: break
        }
    }

    private mutating func append(list values: [PickleValue], depth: Int) throws(PickleError) {
        self.output.append(.emptyList)
        try self.append(batches: values, .appends, depth: depth)
    }

    /// Adds elements to the container on the stack in batches, which bounds the stack of whoever reads them.
    private mutating func append(batches values: [PickleValue], _ opcode: PickleOpcode, depth: Int) throws(PickleError) {
        for start in stride(from: 0, to: values.count, by: Self.batch) {
            self.output.append(.mark)
            for value in values[start..<min(start + Self.batch, values.count)] { try self.append(value, depth: depth) }
            self.output.append(opcode)
        }
    }

    private mutating func append(tuple values: [PickleValue], depth: Int) throws(PickleError) {
        if values.count > 3 { self.output.append(.mark) }
        for value in values { try self.append(value, depth: depth) }
        self.output.append([.emptyTuple, .tuple1, .tuple2, .tuple3, .tuple][min(values.count, 4)])
    }

    private mutating func append(_ dictionary: PickleDictionary, depth: Int) throws(PickleError) {
        self.output.append(.emptyDict)
        for start in stride(from: 0, to: dictionary.count, by: Self.batch) {
            self.output.append(.mark)
            for entry in dictionary.entries[start..<min(start + Self.batch, dictionary.count)] {
                if case .string(let key) = entry.key {
                    self.append(key: key)
                } else {
                    try Self.requireKey(entry.key)
                    try self.append(entry.key, depth: depth)
                }
                try self.append(entry.value, depth: depth)
            }
            self.output.append(.setitems)
        }
    }

    private mutating func append(set values: [PickleValue], isFrozen: Bool, depth: Int) throws(PickleError) {
        for value in values { try Self.requireKey(value) }
        if self.isProtocol2 {
            self.append(global: "__builtin__", isFrozen ? "frozenset" : "set")
            try self.append(list: values, depth: depth)
            self.output.append(.tuple1)
            self.output.append(.reduce)
        } else if isFrozen {
            self.output.append(.mark)
            for value in values { try self.append(value, depth: depth) }
            self.output.append(.frozenset)
        } else {
            self.output.append(.emptySet)
            try self.append(batches: values, .additems, depth: depth)
        }
    }

    private static func requireKey(_ value: PickleValue) throws(PickleError) {
        guard PickleKey(value) != nil else {
            throw PickleError(.notRepresentable, "Python cannot hash a \(value.typeName) as a key or element")
        }
    }

    /// Writes a key, and remembers it if it is short: records of one shape repeat theirs.
    private mutating func append(key: String) {
        guard key.utf8.count <= Self.longestMemoisedKey, key.utf8.allSatisfy({ $0 < 0x80 }) else {
            self.append(key)
            return
        }
        guard !self.recall(.text(key)) else { return }
        self.append(key)
        if self.memo.count < Self.maximumMemoisedKeys { self.memoise(.text(key)) }
    }
}

// MARK: - Memo

extension PickleWritingSession {
    /// Writes a reference to something memoised, or returns false if it is not.
    mutating func recall(_ item: Memoised) -> Bool {
        guard let index = self.memo[item] else { return false }
        if let short = UInt8(exactly: index) {
            self.output.append(.binget, short)
        } else {
            self.output.append(.longBinget, littleEndian: index)
        }
        return true
    }

    /// Memoises what has just been written.
    mutating func memoise(_ item: Memoised) {
        let index = UInt32(self.memo.count)
        self.memo[item] = index
        if !self.isProtocol2 {
            self.output.append(.memoize)
        } else if let short = UInt8(exactly: index) {
            self.output.append(.binput, short)
        } else {
            self.output.append(.longBinput, littleEndian: index)
        }
    }

    /// Writes a function or class; the names are ASCII.
    mutating func append(global module: String, _ name: String) {
        guard !self.recall(.global(module, name)) else { return }
        if self.isProtocol2 {
            self.output.append(.global)
            self.output.append(contentsOf: "\(module)\n\(name)\n".utf8)
        } else {
            self.append(module)
            self.append(name)
            self.output.append(.stackGlobal)
        }
        self.memoise(.global(module, name))
    }
}
