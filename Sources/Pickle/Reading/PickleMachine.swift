/// Runs the program that a pickle is, on a stack of plain values.
///
/// It cannot be copied, because a copy would make every array in it shared. Nothing is looked up or called: the few functions a pickle may name are cases of ``PickleGlobal``. The time and the memory
/// are proportional to the input, because whatever copies a value more than once is charged to a budget.
struct PickleMachine: ~Copyable {
    private(set) var input: PickleInput
    let limits: PickleLimits
    var objects: [PickleObject] = []

    private var stack: [PickleCell] = []
    private var marks: [Int] = []
    private var memo: [PickleCell] = []
    private var sparseMemo: [UInt32: PickleCell] = [:]
    private var copyBudget: Int
    /// The bytes of all texts so far. Another reference to one adds nothing.
    private var textSize = 0
    private var result: PickleCell?

    init(_ input: PickleInput, limits: PickleLimits) {
        self.input = input
        self.limits = limits
        // Well-formed pickles copy what the input holds at most twice: text to bytes, and those to row-major order.
        self.copyBudget = 4 * input.count + 65_536
    }

    /// Runs to STOP and returns the value that is then on the stack.
    mutating func run() throws(PickleError) -> PickleCell {
        while true {
            let start = self.input.offset
            do {
                try self.step()
            } catch {
                var error = error
                error.offset = error.offset ?? start
                throw error
            }
            if let result = self.result { return result }
        }
    }

    private mutating func step() throws(PickleError) {
        let byte = try self.input.byte()
        guard let opcode = PickleOpcode(rawValue: byte) else {
            throw PickleError(.malformed, "\(byte) is not an opcode")
        }
        switch opcode {
        case .proto:
            let version = try self.input.byte()
            guard version <= 5 else { throw PickleError(.unsupported, "protocol \(version) is newer than 5") }
        case .frame:
            let length = try self.input.integer(UInt64.self)
            guard length <= self.input.remaining else {
                throw PickleError(.truncated, "a frame of \(length) bytes, \(self.input.remaining) are left")
            }
        case .stop:
            let result = try self.pop()
            guard self.stack.isEmpty, self.marks.isEmpty else { throw PickleError(.malformed, "values are left at STOP") }
            self.result = result

        case .none: try self.push(.none)
        case .newtrue: try self.push(.bool(true))
        case .newfalse: try self.push(.bool(false))
        case .int, .long, .float, .string, .unicode: try self.push(try self.line(opcode))
        case .binint: try self.push(.int(Int64(try self.input.integer(Int32.self))))
        case .binint1: try self.push(.int(Int64(try self.input.byte())))
        case .binint2: try self.push(.int(Int64(try self.input.integer(UInt16.self))))
        case .long1: try self.push(Self.integer(try self.input.counted(UInt8.self)))
        case .long4: try self.push(Self.integer(try self.input.counted(Int32.self)))
        case .binfloat: try self.push(.float(Double(bitPattern: try self.input.integer(UInt64.self).byteSwapped)))
        case .shortBinunicode: try self.pushText(try self.input.counted(UInt8.self))
        case .binunicode: try self.pushText(try self.input.counted(UInt32.self))
        case .binunicode8: try self.pushText(try self.input.counted(UInt64.self))
        case .shortBinstring: try self.push(.legacyString(try self.legacyText(try self.input.counted(UInt8.self))), [])
        case .binstring: try self.push(.legacyString(try self.legacyText(try self.input.counted(Int32.self))), [])
        case .shortBinbytes: try self.push(.bytes([UInt8](try self.input.counted(UInt8.self))))
        case .binbytes: try self.push(.bytes([UInt8](try self.input.counted(UInt32.self))))
        case .binbytes8: try self.push(.bytes([UInt8](try self.input.counted(UInt64.self))))
        case .bytearray8: try self.push(.bytearray([UInt8](try self.input.counted(UInt64.self))))

        case .mark: try self.mark()
        case .pop: try self.discard()
        case .popMark: _ = try self.popToMark()
        case .dup: try self.push(try self.top())
        case .put: try self.store(try PickleText.index(try self.input.line()))
        case .binput: try self.store(UInt32(try self.input.byte()))
        case .longBinput: try self.store(try self.input.integer(UInt32.self))
        case .memoize:
            guard let index = UInt32(exactly: self.memo.count + self.sparseMemo.count) else {
                throw PickleError.exceeded(
                    "maximumMemoEntries", self.limits.maximumMemoEntries, "the memo has more values than its numbers reach")
            }
            try self.store(index)
        case .get: try self.push(try self.recall(try PickleText.index(try self.input.line())))
        case .binget: try self.push(try self.recall(UInt32(try self.input.byte())))
        case .longBinget: try self.push(try self.recall(try self.input.integer(UInt32.self)))

        case .emptyList: try self.push(.list, [])
        case .emptyDict: try self.push(.dictionary, [])
        case .emptySet: try self.push(.set, [])
        case .emptyTuple: try self.push(.tuple, [])
        case .list: try self.push(.list, try self.popToMark())
        case .tuple: try self.push(.tuple, try self.popToMark())
        case .frozenset: try self.push(.frozenset, try self.popToMark())
        case .dict: try self.push(.dictionary, try Self.pairs(try self.popToMark()))
        case .tuple1: try self.push(.tuple, try self.pop(1))
        case .tuple2: try self.push(.tuple, try self.pop(2))
        case .tuple3: try self.push(.tuple, try self.pop(3))
        case .append: try self.extend(.list, opcode, try self.pop(1))
        case .appends: try self.extend(.list, opcode, try self.popToMark())
        case .setitem: try self.extend(.dictionary, opcode, try self.pop(2))
        case .setitems: try self.extend(.dictionary, opcode, try Self.pairs(try self.popToMark()))
        case .additems: try self.extend(.set, opcode, try self.popToMark())

        case .global:
            let module = try PickleText.utf8(try self.input.line())
            try self.push(.global(try PickleGlobal(module: module, name: try PickleText.utf8(try self.input.line()))))
        case .stackGlobal:
            guard case .string(let name) = try self.pop(), case .string(let module) = try self.pop() else {
                throw PickleError(.malformed, "STACK_GLOBAL needs two strings")
            }
            try self.push(.global(try PickleGlobal(module: module, name: name)))
        case .reduce:
            let arguments = try self.pop()
            try self.push(try self.reduce(try self.pop(), arguments))
        case .build:
            let state = try self.pop()
            try self.build(try self.top(), state)

        case .inst:
            let module = try PickleText.utf8(try self.input.line())
            let name = try PickleText.utf8(try self.input.line())
            throw PickleError(.refusedOpcode, "INST of '\(PickleGlobal.printable(module)).\(PickleGlobal.printable(name))'")
        case .obj: throw PickleError(.refusedOpcode, "OBJ makes an instance of a class")
        case .newobj: throw PickleError(.refusedOpcode, "NEWOBJ makes an instance of a class")
        case .newobjEx: throw PickleError(.refusedOpcode, "NEWOBJ_EX makes an instance of a class")
        case .ext1: throw PickleError(.refusedOpcode, "EXT1 names an extension, \(try self.input.byte())")
        case .ext2: throw PickleError(.refusedOpcode, "EXT2 names an extension, \(try self.input.integer(UInt16.self))")
        case .ext4: throw PickleError(.refusedOpcode, "EXT4 names an extension, \(try self.input.integer(Int32.self))")
        case .persid: throw PickleError(.refusedOpcode, "PERSID refers to an object outside the pickle")
        case .binpersid: throw PickleError(.refusedOpcode, "BINPERSID refers to an object outside the pickle")
        case .nextBuffer: throw PickleError(.refusedOpcode, "NEXT_BUFFER refers to data outside the pickle")
        case .readonlyBuffer: throw PickleError(.refusedOpcode, "READONLY_BUFFER refers to data outside the pickle")
        }
    }

    /// Charges the copying of data that is already counted elsewhere.
    mutating func charge(_ amount: Int) throws(PickleError) {
        self.copyBudget -= amount
        guard self.copyBudget >= 0 else {
            throw PickleError.exceeded("the limit", 4 * self.input.count + 65_536, "the pickle copies its values over and over")
        }
    }

    private static func integer(_ bytes: UnsafeRawBufferPointer) -> PickleCell {
        let integer = PickleInteger(littleEndian: bytes)
        return Int64(exactly: integer).map { .int($0) } ?? .bigInteger(integer)
    }

    private static func pairs(_ cells: [PickleCell]) throws(PickleError) -> [PickleCell] {
        guard cells.count % 2 == 0 else { throw PickleError(.malformed, "a key without a value") }
        return cells
    }
}

// MARK: - Stack and memo

extension PickleMachine {
    private var fence: Int { self.marks.last ?? 0 }

    private mutating func mark() throws(PickleError) {
        guard self.marks.count < self.limits.maximumStackSize else {
            throw PickleError.exceeded("maximumStackSize", self.limits.maximumStackSize, "\(self.marks.count + 1) marks are on the stack")
        }
        self.marks.append(self.stack.count)
    }

    private mutating func push(_ cell: PickleCell) throws(PickleError) {
        guard self.stack.count < self.limits.maximumStackSize else {
            throw PickleError.exceeded(
                "maximumStackSize", self.limits.maximumStackSize, "\(self.stack.count + 1) values are on the stack")
        }
        self.stack.append(cell)
    }

    private mutating func pushText(_ bytes: UnsafeRawBufferPointer) throws(PickleError) {
        try self.count(text: bytes.count)
        try self.push(.string(try PickleText.utf8(bytes)))
    }

    private mutating func legacyText(_ bytes: UnsafeRawBufferPointer) throws(PickleError) -> [UInt8] {
        try self.count(text: bytes.count)
        return [UInt8](bytes)
    }

    private mutating func count(text byteCount: Int) throws(PickleError) {
        // No sum of lengths within the input overflows.
        self.textSize += byteCount
        guard self.textSize <= self.limits.maximumExpandedSize else {
            throw PickleError.exceeded("maximumExpandedSize", self.limits.maximumExpandedSize, "the texts have \(self.textSize) bytes")
        }
    }

    private mutating func push(_ kind: PickleObject.Kind, _ cells: [PickleCell]) throws(PickleError) {
        try self.push(try self.allocate(kind, cells))
    }

    /// Makes a new object and a reference to it.
    mutating func allocate(_ kind: PickleObject.Kind, _ cells: [PickleCell] = []) throws(PickleError) -> PickleCell {
        guard self.objects.count < self.limits.maximumValues else {
            throw PickleError.exceeded("maximumValues", self.limits.maximumValues, "the pickle makes \(self.objects.count + 1) containers")
        }
        self.objects.append(PickleObject(kind: kind, cells: cells))
        return .object(self.objects.count - 1)
    }

    private func top() throws(PickleError) -> PickleCell {
        guard self.stack.count > self.fence, let cell = self.stack.last else { throw PickleError(.malformed, "the stack is empty") }
        return cell
    }

    private mutating func pop() throws(PickleError) -> PickleCell {
        let cell = try self.top()
        self.stack.removeLast()
        return cell
    }

    private mutating func pop(_ count: Int) throws(PickleError) -> [PickleCell] {
        guard self.stack.count - count >= self.fence else { throw PickleError(.malformed, "the stack is empty") }
        defer { self.stack.removeLast(count) }
        return Array(self.stack.suffix(count))
    }

    private mutating func popToMark() throws(PickleError) -> [PickleCell] {
        guard let mark = self.marks.popLast() else { throw PickleError(.malformed, "no mark on the stack") }
        return try self.pop(self.stack.count - mark)
    }

    /// POP takes a mark away if it is the topmost thing, as in CPython.
    private mutating func discard() throws(PickleError) {
        if self.marks.last == self.stack.count {
            self.marks.removeLast()
        } else {
            _ = try self.pop()
        }
    }

    private mutating func store(_ index: UInt32) throws(PickleError) {
        let cell = try self.top()
        let index64 = Int(index)
        if index64 < self.memo.count {
            self.memo[index64] = cell
            return
        }
        guard self.memo.count + self.sparseMemo.count < self.limits.maximumMemoEntries else {
            throw PickleError.exceeded(
                "maximumMemoEntries", self.limits.maximumMemoEntries,
                "\(self.memo.count + self.sparseMemo.count + 1) values are in the memo")
        }
        // Picklers number values in order; any other order must not make the array as long as the largest number.
        if index64 == self.memo.count, self.sparseMemo[index] == nil {
            self.memo.append(cell)
        } else {
            self.sparseMemo[index] = cell
        }
    }

    private func recall(_ index: UInt32) throws(PickleError) -> PickleCell {
        if Int(index) < self.memo.count { return self.memo[Int(index)] }
        guard let cell = self.sparseMemo[index] else { throw PickleError(.malformed, "nothing is memoised as \(index)") }
        return cell
    }

    private mutating func extend(_ kind: PickleObject.Kind, _ opcode: PickleOpcode, _ cells: [PickleCell]) throws(PickleError) {
        guard case .object(let index) = try self.top() else { throw PickleError(.malformed, "\(opcode) needs a container") }
        switch (kind, self.objects[index].kind) {
        case (.list, .list), (.dictionary, .dictionary), (.set, .set): self.objects[index].cells.append(contentsOf: cells)
        default: throw PickleError(.malformed, "\(opcode) on another kind of container")
        }
    }

    private mutating func line(_ opcode: PickleOpcode) throws(PickleError) -> PickleCell {
        let line = try self.input.line()
        switch opcode {
        case .int: return try PickleText.integer(line, allowsBool: true)
        case .long: return try PickleText.integer(line, allowsBool: false)
        case .float: return .float(try PickleText.float(line))
        case .string:
            try self.count(text: line.count)
            return try self.allocate(.legacyString(try PickleText.quoted(line)))
        default:
            try self.count(text: line.count)
            return .string(try PickleText.rawUnicodeEscape(line))
        }
    }
}
