// What the allowed functions do: REDUCE calls one with a tuple of arguments, BUILD sets the state of what one returned.
extension PickleMachine {
    mutating func reduce(_ callable: PickleCell, _ arguments: PickleCell) throws(PickleError) -> PickleCell {
        guard case .global(let global) = callable else { throw PickleError(.malformed, "REDUCE of something that is not a function") }
        guard let arguments = self.tuple(arguments) else { throw PickleError(.malformed, "REDUCE needs a tuple of arguments") }
        switch global {
        case .set: return try self.allocate(.set, try self.elements(arguments))
        case .frozenset: return try self.allocate(.frozenset, try self.elements(arguments))
        case .bytes: return .bytes(try self.byteString(arguments))
        case .bytearray: return .bytearray(try self.byteString(arguments))
        case .encode:
            guard arguments.count == 2 else { throw PickleError(.malformed, "encode needs a text and a codec") }
            return .bytes(try self.byteString(arguments))
        case .dtype: return try self.allocate(.dataType(try self.dataType(arguments)))
        case .reconstruct:
            guard arguments.count == 3, case .global(.ndarray) = arguments[0] else {
                throw PickleError(.refusedGlobal, "_reconstruct of something other than numpy.ndarray")
            }
            return try self.allocate(.emptyArray)
        case .frombuffer: return try self.allocate(.array(try self.bufferArray(arguments)))
        case .numpyScalar:
            guard arguments.count == 2, let type = self.dataType(arguments[0]) else {
                throw PickleError(.malformed, "scalar needs a dtype and bytes")
            }
            let data = try self.data(arguments[1])
            // The plain value is a copy.
            try self.charge(data.count)
            let bytes = try self.rearranged(data, type, .rowMajor([]))
            return try self.allocate(.scalar(try NumpyScalar(type.elementType, bytes: bytes)))
        case .ndarray: throw PickleError(.refusedGlobal, "a call of 'numpy.ndarray'")
        }
    }

    mutating func build(_ target: PickleCell, _ state: PickleCell) throws(PickleError) {
        guard case .object(let index) = target, let state = self.tuple(state) else {
            throw PickleError(.malformed, "BUILD needs a numpy object and a tuple")
        }
        switch self.objects[index].kind {
        case .dataType(let type): self.objects[index].kind = .dataType(try self.complete(type, state))
        case .emptyArray: self.objects[index] = try self.array(state)
        default: throw PickleError(.malformed, "BUILD of something other than a new numpy object")
        }
    }

    // MARK: Python

    private func tuple(_ cell: PickleCell) -> [PickleCell]? {
        guard case .object(let index) = cell, case .tuple = self.objects[index].kind else { return nil }
        return self.objects[index].cells
    }

    /// The elements `set(…)` and `frozenset(…)` take over.
    private mutating func elements(_ arguments: [PickleCell]) throws(PickleError) -> [PickleCell] {
        guard let argument = arguments.first else { return [] }
        guard arguments.count == 1, case .object(let index) = argument else {
            throw PickleError(.malformed, "a set is made of one list")
        }
        switch self.objects[index].kind {
        case .list, .tuple, .set, .frozenset:
            // The list may grow later and must then be copied.
            try self.charge(self.objects[index].cells.count)
            return self.objects[index].cells
        default: throw PickleError(.malformed, "a set is made of one list")
        }
    }

    /// The result of `bytes()`, `bytes(data)`, `bytes(text, codec)` and `encode(text, codec)`; the only codec is Latin-1.
    private mutating func byteString(_ arguments: [PickleCell]) throws(PickleError) -> [UInt8] {
        switch arguments.count {
        case 0: return []
        case 1:
            if case .string = arguments[0] { throw PickleError(.malformed, "bytes of text need a codec") }
            return try self.data(arguments[0])
        case 2:
            guard let codec = self.text(arguments[1]), codec == "latin1" || codec == "latin-1" else {
                throw PickleError(.refusedGlobal, "encode with a codec other than latin1")
            }
            return try self.data(arguments[0])
        default: throw PickleError(.malformed, "bytes are made of at most two arguments")
        }
    }

    /// Binary data, which is Latin-1 text in pickles from protocols 0 to 2.
    private mutating func data(_ cell: PickleCell) throws(PickleError) -> [UInt8] {
        switch cell {
        case .bytes(let bytes), .bytearray(let bytes): return bytes
        case .string(let text):
            try self.charge(text.utf8.count)
            guard let bytes = PickleText.latin1Bytes(text) else { throw PickleError(.malformed, "binary data is not Latin-1") }
            return bytes
        default:
            guard let bytes = self.legacyString(cell) else { throw PickleError(.malformed, "binary data is missing") }
            return bytes
        }
    }

    private func legacyString(_ cell: PickleCell) -> [UInt8]? {
        guard case .object(let index) = cell, case .legacyString(let bytes) = self.objects[index].kind else { return nil }
        return bytes
    }

    /// A short text, such as the name of a codec.
    private func text(_ cell: PickleCell) -> String? {
        if case .string(let text) = cell { return text }
        return self.legacyString(cell).flatMap { $0.count <= 16 ? PickleText.latin1($0) : nil }
    }

    // MARK: numpy

    /// An array without data may still have dimensions; this bounds what code that walks them has to do.
    private static let maximumEmptyElements = 1 << 20

    private func dataType(_ cell: PickleCell) -> NumpyDataType? {
        guard case .object(let index) = cell, case .dataType(let type) = self.objects[index].kind else { return nil }
        return type
    }

    /// The result of `dtype(code, align, copy)`.
    private func dataType(_ arguments: [PickleCell]) throws(PickleError) -> NumpyDataType {
        guard let first = arguments.first, arguments.count <= 3, let code = self.text(first) else {
            throw PickleError(.malformed, "a dtype needs its code")
        }
        let prefix = code.first.flatMap { "<>|=".contains($0) ? $0 : nil }
        guard let type = NumpyElementType(code: prefix == nil ? code[...] : code.dropFirst()) else {
            throw PickleError(.unsupported, "numpy type '\(PickleGlobal.printable(code))'")
        }
        return NumpyDataType(elementType: type, isBigEndian: prefix == ">")
    }

    /// Applies the state `(3, order, subtype, names, fields, size, alignment, flags)`.
    private func complete(_ type: NumpyDataType, _ state: [PickleCell]) throws(PickleError) -> NumpyDataType {
        guard state.count == 8, case .int(3) = state[0], let order = self.text(state[1]), case .int(let size) = state[5] else {
            throw PickleError(.unsupported, "the state of a dtype is not of version 3")
        }
        guard case .none = state[2], case .none = state[3], case .none = state[4] else {
            throw PickleError(.unsupported, "structured numpy types")
        }
        guard size == -1 || size == type.elementType.size else { throw PickleError(.malformed, "a dtype contradicts its size") }
        guard ["<", ">", "|", "="].contains(order) else { throw PickleError(.malformed, "an unknown byte order") }
        return NumpyDataType(elementType: type.elementType, isBigEndian: order == ">")
    }

    /// The result of BUILD with `(1, shape, dtype, isFortran, data)`.
    private mutating func array(_ state: [PickleCell]) throws(PickleError) -> PickleObject {
        guard state.count == 5, case .int(1) = state[0], let type = self.dataType(state[2]) else {
            throw PickleError(.unsupported, "the state of an array is not of version 1")
        }
        let shape = try self.shape(state[1], type.elementType)
        if type.elementType == .object {
            guard case .object(let index) = state[4], case .list = self.objects[index].kind else {
                throw PickleError(.malformed, "an array of objects needs a list")
            }
            let cells = self.objects[index].cells
            guard NumpyLayout.count(of: shape, elementSize: 8) == cells.count else {
                throw PickleError(.malformed, "\(cells.count) objects are not an array with shape \(shape)")
            }
            // The list is in row-major order whatever the order of the array.
            try self.charge(cells.count)
            return PickleObject(kind: .objectArray(shape: shape), cells: cells)
        }
        let isColumnMajor =
            switch state[3] {
            case .bool(let flag): flag
            case .int(let flag): flag != 0
            default: throw PickleError(.malformed, "the order of an array is missing")
            }
        let layout = isColumnMajor ? NumpyLayout.columnMajor(shape) : .rowMajor(shape)
        return PickleObject(kind: .array(try self.array(try self.data(state[4]), type, layout)))
    }

    /// The result of `_frombuffer(data, dtype, shape, order[, axes])`.
    ///
    /// With the order `K`, which numpy writes since 2.4 at the latest, the data has the shape given and its axes are then permuted.
    private mutating func bufferArray(_ arguments: [PickleCell]) throws(PickleError) -> NumpyArray {
        guard arguments.count == 4 || arguments.count == 5, let type = self.dataType(arguments[1]), let order = self.text(arguments[3])
        else { throw PickleError(.malformed, "_frombuffer needs data, dtype, shape and order") }
        let shape = try self.shape(arguments[2], type.elementType)
        let layout: NumpyLayout
        switch order {
        case "C": layout = .rowMajor(shape)
        case "F": layout = .columnMajor(shape)
        case "K":
            guard arguments.count == 5, let axes = self.integers(arguments[4]), axes.sorted() == Array(shape.indices) else {
                throw PickleError(.malformed, "the axes of an array are not a permutation")
            }
            var outerToInner = [Int](repeating: 0, count: axes.count)
            for (axis, source) in axes.enumerated() { outerToInner[source] = axis }
            layout = NumpyLayout(shape: axes.map { shape[$0] }, axes: outerToInner)
        default: throw PickleError(.malformed, "an unknown order of elements")
        }
        return try self.array(try self.data(arguments[0]), type, layout)
    }

    private mutating func array(_ data: [UInt8], _ type: NumpyDataType, _ layout: NumpyLayout) throws(PickleError) -> NumpyArray {
        let count = NumpyLayout.count(of: layout.shape, elementSize: type.elementType.size)
        guard let count, type.elementType != .object, data.count == count * type.elementType.size else {
            throw PickleError(.malformed, "\(data.count) bytes are not an array of \(type.elementType) with shape \(layout.shape)")
        }
        return try NumpyArray(type.elementType, shape: layout.shape, bytes: try self.rearranged(data, type, layout))
    }

    /// The data as little-endian elements in row-major order.
    private mutating func rearranged(
        _ data: [UInt8], _ type: NumpyDataType, _ layout: NumpyLayout
    ) throws(PickleError) -> [UInt8] {
        guard type.isBigEndian || layout.axes != nil || type.elementType == .bool else { return data }
        try self.charge(data.count)
        var data = layout.rowMajor(data, elementSize: type.elementType.size)
        if type.isBigEndian { NumpyLayout.swapBytes(&data, width: type.elementType.swapWidth) }
        return data
    }

    private func shape(_ cell: PickleCell, _ type: NumpyElementType) throws(PickleError) -> [Int] {
        guard let shape = self.integers(cell), shape.count <= 64, let count = NumpyLayout.count(of: shape, elementSize: type.size)
        else { throw PickleError(.malformed, "an impossible shape of an array") }
        let walked = count > 0 ? 0 : shape.reduce(1) { $1 == 0 ? $0 : $0 * $1 }
        guard walked <= Self.maximumEmptyElements else {
            throw PickleError.exceeded(
                "the limit of its other dimensions", Self.maximumEmptyElements, "an array without data has shape \(shape)")
        }
        return shape
    }

    private func integers(_ cell: PickleCell) -> [Int]? {
        guard let cells = self.tuple(cell) else { return nil }
        var integers: [Int] = []
        for cell in cells {
            guard case .int(let integer) = cell, integers.count <= 64 else { return nil }
            integers.append(Int(integer))
        }
        return integers
    }
}
