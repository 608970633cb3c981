/// Turns what a machine left behind into plain values.
///
/// A shared container becomes one value that its occurrences share, so the work is proportional to the input; its values count at each
/// occurrence all the same, because whoever walks the result meets them there again. ``PickleLimits`` says what counts how.
struct PickleResolver: ~Copyable {
    private struct Extent {
        var values = 1
        /// Of binary data and arrays.
        var bytes = 0
        /// Of text, which only whoever walks it is charged for.
        var text = 0
        var depth = 0

        mutating func include(_ other: Extent) {
            self.values = Self.sum(self.values, other.values)
            self.bytes = Self.sum(self.bytes, other.bytes)
            self.text = Self.sum(self.text, other.text)
            self.depth = max(self.depth, other.depth)
        }

        static func sum(_ left: Int, _ right: Int) -> Int {
            let (sum, overflow) = left.addingReportingOverflow(right)
            return overflow ? .max : sum
        }
    }

    private enum State: UInt8 {
        case unvisited
        case open
        case resolved
    }

    private var objects: [PickleObject]
    private var states: [State]
    /// Whether an object occurs more than once, and so must be kept once it is resolved.
    private var isShared: [Bool]
    private var shared: [Int: (PickleValue, Extent)] = [:]
    private var hashed = Extent()
    private let limits: PickleLimits
    private let legacyStrings: PickleReader.LegacyStrings

    init(_ objects: [PickleObject], limits: PickleLimits, legacyStrings: PickleReader.LegacyStrings) {
        self.objects = objects
        self.states = Array(repeating: .unvisited, count: objects.count)
        self.isShared = Array(repeating: false, count: objects.count)
        var isReferenced = self.isShared
        for object in objects {
            for case .object(let index) in object.cells {
                if isReferenced[index] { self.isShared[index] = true }
                isReferenced[index] = true
            }
        }
        self.limits = limits
        self.legacyStrings = legacyStrings
    }

    /// The value of a cell.
    mutating func value(of cell: PickleCell) throws(PickleError) -> PickleValue {
        try self.resolve(cell, depth: 0).0
    }

    private mutating func resolve(_ cell: PickleCell, depth: Int) throws(PickleError) -> (PickleValue, Extent) {
        switch cell {
        case .none: return (.none, Extent())
        case .bool(let value): return (.bool(value), Extent())
        case .int(let value): return (.int(value), Extent())
        case .bigInteger(let value): return (.bigInteger(value), Extent(bytes: value.bytes.count))
        case .float(let value): return (.float(value), Extent())
        case .string(let value): return (.string(value), Extent(text: value.utf8.count))
        case .bytes(let value): return (.bytes(value), Extent(bytes: value.count))
        case .bytearray(let value): return (.bytearray(value), Extent(bytes: value.count))
        case .global(let global): throw PickleError(.unsupported, "the pickle contains '\(global.rawValue)' as a value")
        case .object(let index): return try self.resolve(index, depth: depth)
        }
    }

    private mutating func resolve(_ index: Int, depth: Int) throws(PickleError) -> (PickleValue, Extent) {
        switch self.states[index] {
        case .resolved:
            // Only what is shared is met again.
            guard let result = self.shared[index] else { preconditionFailure("a shared object was not kept") }
            return result
        case .open: throw PickleError(.recursive, "a container contains itself")
        case .unvisited: break
        }
        let object = self.objects[index]
        var extent = Extent()
        if let leaf = try self.leaf(object.kind, &extent) {
            self.keep(index, leaf, extent)
            return (leaf, extent)
        }
        guard depth < self.limits.maximumDepth else { throw self.tooDeep() }
        self.states[index] = .open

        // The cells are given up while they are resolved, so that both forms never exist in full.
        self.objects[index].cells = []
        let value: PickleValue
        switch object.kind {
        case .list: value = .list(try self.resolve(object.cells, depth + 1, &extent))
        case .tuple: value = .tuple(try self.resolve(object.cells, depth + 1, &extent))
        case .set: value = .set(try self.resolveElements(object.cells, depth + 1, &extent))
        case .frozenset: value = .frozenset(try self.resolveElements(object.cells, depth + 1, &extent))
        case .dictionary: value = .dictionary(try self.resolveEntries(object.cells, depth + 1, &extent))
        case .objectArray(let shape):
            value = .array(try NumpyArray(objects: try self.resolve(object.cells, depth + 1, &extent), shape: shape))
        case .array, .scalar, .legacyString, .emptyArray, .dataType: preconditionFailure("leaves have been dealt with")
        }
        extent.depth += 1
        guard extent.depth <= self.limits.maximumDepth else { throw self.tooDeep() }
        self.keep(index, value, extent)
        return (value, extent)
    }

    private mutating func keep(_ index: Int, _ value: PickleValue, _ extent: Extent) {
        self.states[index] = .resolved
        if self.isShared[index] { self.shared[index] = (value, extent) }
    }

    /// The value of an object that contains no others, or nil for a container.
    private func leaf(_ kind: PickleObject.Kind, _ extent: inout Extent) throws(PickleError) -> PickleValue? {
        switch kind {
        case .array(let array):
            extent.bytes = array.bytes.count
            return .array(array)
        case .scalar(let scalar):
            extent.bytes = scalar.bytes.count
            return .scalar(scalar)
        case .legacyString(let bytes):
            guard self.legacyStrings == .latin1 else {
                extent.bytes = bytes.count
                return .bytes(bytes)
            }
            extent.text = bytes.count
            return .string(PickleText.latin1(bytes))
        case .emptyArray: throw PickleError(.malformed, "an array without its state")
        case .dataType(let type): throw PickleError(.unsupported, "the pickle contains the dtype '\(type.elementType)' as a value")
        case .list, .tuple, .set, .frozenset, .dictionary, .objectArray: return nil
        }
    }

    private mutating func resolve(
        _ cells: [PickleCell], _ depth: Int, _ extent: inout Extent
    ) throws(PickleError) -> [PickleValue] {
        var values: [PickleValue] = []
        values.reserveCapacity(cells.count)
        for cell in cells {
            // Long lists are mostly lists of numbers.
            switch cell {
            case .float(let value):
                values.append(.float(value))
                extent.values += 1
            case .int(let value):
                values.append(.int(value))
                extent.values += 1
            default:
                let (value, part) = try self.resolve(cell, depth: depth)
                try self.include(part, in: &extent)
                values.append(value)
            }
        }
        try self.check(extent)
        return values
    }

    private mutating func resolveElements(
        _ cells: [PickleCell], _ depth: Int, _ extent: inout Extent
    ) throws(PickleError) -> [PickleValue] {
        var elements: [PickleValue] = []
        elements.reserveCapacity(cells.count)
        var keys: Set<PickleKey> = []
        for cell in cells {
            let (element, part) = try self.resolve(cell, depth: depth)
            try self.include(part, in: &extent)
            if keys.insert(try self.key(of: element, part)).inserted { elements.append(element) }
        }
        return elements
    }

    /// The entries in the order of their first occurrence; of equal keys the last value counts, as in Python.
    private mutating func resolveEntries(
        _ cells: [PickleCell], _ depth: Int, _ extent: inout Extent
    ) throws(PickleError) -> PickleDictionary {
        if cells.count <= 2 * Self.largestCompared, let entries = try self.resolveRecord(cells, depth, &extent) { return entries }
        var entries: [PickleDictionary.Entry] = []
        entries.reserveCapacity(cells.count / 2)
        var positions: [PickleKey: Int] = [:]
        for index in stride(from: 0, to: cells.count, by: 2) {
            let (key, keyExtent) = try self.resolve(cells[index], depth: depth)
            let (value, valueExtent) = try self.resolve(cells[index + 1], depth: depth)
            try self.include(keyExtent, in: &extent)
            try self.include(valueExtent, in: &extent)
            let position = positions.updateValue(entries.count, forKey: try self.key(of: key, keyExtent))
            if let position {
                entries[position].value = value
                positions[try self.key(of: key, keyExtent)] = position
            } else {
                entries.append(PickleDictionary.Entry(key: key, value: value))
            }
        }
        return PickleDictionary(distinct: entries)
    }

    private static let largestCompared = 8

    /// The entries of a small dictionary whose keys are different texts, which need not be hashed to know that; else nil.
    private mutating func resolveRecord(
        _ cells: [PickleCell], _ depth: Int, _ extent: inout Extent
    ) throws(PickleError) -> PickleDictionary? {
        for index in stride(from: 0, to: cells.count, by: 2) {
            guard case .string(let key) = cells[index] else { return nil }
            for earlier in stride(from: 0, to: index, by: 2) {
                if case .string(key) = cells[earlier] { return nil }
            }
        }
        var entries: [PickleDictionary.Entry] = []
        entries.reserveCapacity(cells.count / 2)
        for index in stride(from: 0, to: cells.count, by: 2) {
            let (key, keyExtent) = try self.resolve(cells[index], depth: depth)
            let (value, valueExtent) = try self.resolve(cells[index + 1], depth: depth)
            try self.include(keyExtent, in: &extent)
            try self.include(valueExtent, in: &extent)
            entries.append(PickleDictionary.Entry(key: key, value: value))
        }
        return PickleDictionary(distinct: entries)
    }

    private mutating func key(of value: PickleValue, _ extent: Extent) throws(PickleError) -> PickleKey {
        // A key shared between dictionaries is walked for each of them.
        self.hashed.include(extent)
        try self.check(self.hashed, "keys and elements of sets")
        guard self.hashed.text <= self.limits.maximumExpandedSize else {
            throw PickleError.exceeded(
                "maximumExpandedSize", self.limits.maximumExpandedSize, "keys and elements of sets have \(self.hashed.text) bytes of text")
        }
        guard let key = PickleKey(value) else {
            throw PickleError(.malformed, "a key or element contains a \(value.typeName), which Python cannot hash")
        }
        return key
    }

    private func include(_ part: Extent, in extent: inout Extent) throws(PickleError) {
        extent.include(part)
        try self.check(extent)
    }

    private func check(_ extent: Extent, _ what: String = "the pickle") throws(PickleError) {
        guard extent.values <= self.limits.maximumValues else {
            throw PickleError.exceeded(
                "maximumValues", self.limits.maximumValues, "\(what): \(extent.values) values, counted each time they occur")
        }
        guard extent.bytes <= self.limits.maximumExpandedSize else {
            throw PickleError.exceeded(
                "maximumExpandedSize", self.limits.maximumExpandedSize,
                "\(what): \(extent.bytes) bytes of binary data and arrays, counted each time they occur")
        }
    }

    private func tooDeep() -> PickleError {
        PickleError.exceeded("maximumDepth", self.limits.maximumDepth, "containers nest \(self.limits.maximumDepth + 1) deep or deeper")
    }
}
