/// What all containers of one decode share: the input, the coding path, and the maps that are being read by key.
///
/// Invariant of its pointer: `base` addresses `end` readable bytes until ``finish()``, which the decoder calls before it gives the memory
/// back; from then on `end` is 0 and every read fails. A container that somebody keeps for longer can therefore do no harm.
///
/// The properties marked `@exclusivity(unchecked)` are only read and written for an instant, by code of this module that calls nobody
/// else's meanwhile, so no two accesses overlap; the checks cost more than the work.
final class DecodingState {
    let limits: MessagePackLimits
    let userInfo: [CodingUserInfoKey: any Sendable]
    private let base: UnsafeRawPointer
    /// What owns the input, if extensions may share it.
    private let source: ArraySlice<UInt8>?
    @exclusivity(unchecked) private var end: Int
    @exclusivity(unchecked) var path = CodingPath()
    /// The first failure in a call that cannot throw; it makes the whole decode fail.
    @exclusivity(unchecked) private(set) var deferredError: (any Error)?
    /// The value that was read last: the way to the value after it is then known.
    @exclusivity(unchecked) private var lastValue = (start: -1, end: -1)
    @exclusivity(unchecked) var tables = PlainStack<KeyTable>(capacity: 4)
    @exclusivity(unchecked) var entries = PlainStack<KeyEntry>(capacity: 16)
    @exclusivity(unchecked) var indexes: [KeyIndex] = []
    /// True once a map was read further from within a value nested in it: its entries then outlive that value.
    @exclusivity(unchecked) var keepsEntries = false
    @exclusivity(unchecked) var nextSerial: UInt32 = 1
    /// The first table that belongs to the value being decoded.
    @exclusivity(unchecked) private(set) var firstTable = 0

    init(
        _ bytes: UnsafeRawBufferPointer, base: UnsafeRawPointer, source: ArraySlice<UInt8>?, limits: MessagePackLimits,
        userInfo: [CodingUserInfoKey: any Sendable]
    ) {
        self.base = base
        self.source = source
        self.end = bytes.count
        self.limits = limits
        self.userInfo = userInfo
    }

    /// Lets go of the input.
    func finish() {
        end = 0
    }

    func fail(_ error: any Error) {
        if deferredError == nil { deferredError = error }
    }

    @inline(__always)
    func scanner(at offset: Int) -> ByteScanner {
        ByteScanner(base: base, end: end, offset: offset)
    }

    func bytes(at offset: Int, count: Int) -> UnsafeRawBufferPointer {
        guard offset + count <= end else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: base + offset, count: count)
    }

    /// Reads the value at `offset`.
    @inline(__always)
    func read<Result>(
        at offset: Int, _ body: (inout ByteScanner) throws(MessagePackError) -> Result
    ) throws(MessagePackError) -> Result {
        var scanner = scanner(at: offset)
        let result = try body(&scanner)
        lastValue = (offset, scanner.offset)
        return result
    }

    /// True if the value at `offset` is nil.
    @inline(__always)
    func isNil(at offset: Int) -> Bool {
        var scanner = scanner(at: offset)
        guard scanner.skipNil() else { return false }
        lastValue = (offset, scanner.offset)
        return true
    }

    /// Where the value that begins at `offset` ends.
    @inline(__always)
    func end(ofValueAt offset: Int) throws(MessagePackError) -> Int {
        if lastValue.start == offset { return lastValue.end }
        return try read(at: offset) { scanner throws(MessagePackError) in
            try scanner.skipValue()
            return scanner.offset
        }
    }

    /// Notes where a container ends whose content has been read.
    func note(valueAt start: Int, endsAt end: Int) {
        lastValue = (start, end)
    }
}

// MARK: Values
extension DecodingState {
    /// Decodes the value at `offset`, which `depth` containers surround.
    func decode<Value: Decodable>(
        _ type: Value.Type, at offset: Int, depth: Int, parent: CodingPath.Node, step: @autoclosure () -> CodingPath.Step?
    ) throws -> Value {
        if let leaf = LeafType.of(type) {
            let limit = limits.maximumDepth
            do throws(MessagePackError) {
                return try read(at: offset) { scanner throws(MessagePackError) in
                    try scanner.read(type, as: leaf, depth: limit - depth, limit: limit)
                }
            } catch {
                throw failure(error, type, node: parent, step: step())
            }
        }
        let wireType = (try? scanner(at: offset).peekTag()).flatMap(MessagePackType.init(tag:))
        if wireType == .binary, let value = try bytes(at: offset, as: type, parent: parent, step: step()) { return value }
        if wireType == .extension, let type = type as? any MessagePackExtension.Type,
            let value = try decode(extension: type, at: offset, parent: parent, step: step()) as? Value
        {
            return value
        }
        let outerFirstTable = firstTable
        let tableMark = tables.count
        let entryMark = entries.count
        let indexMark = indexes.count
        let pathMark = path.count
        firstTable = tableMark
        defer {
            firstTable = outerFirstTable
            tables.truncate(to: tableMark)
            if indexes.count > indexMark { indexes.removeLast(indexes.count - indexMark) }
            if !keepsEntries { entries.truncate(to: entryMark) }
            path.removeNodes(from: pathMark)
        }
        let node = step().map { path.append($0, to: parent) } ?? parent
        let value = try Value(from: StateDecoder(state: self, offset: offset, depth: Int32(truncatingIfNeeded: depth), node: node))
        do throws(MessagePackError) {
            try completeTables(from: tableMark)
        } catch {
            throw failure(error, type, node: node)
        }
        return value
    }

    /// A collection of bytes, such as Foundation's `Data`, from a binary value; nil if the type is none. (Its own implementation would ask
    /// for the bytes one by one.)
    private func bytes<Value>(
        at offset: Int, as type: Value.Type, parent: CodingPath.Node, step: CodingPath.Step?
    ) throws -> Value? {
        guard let type = type as? any RangeReplaceableCollection<UInt8>.Type else { return nil }
        do throws(MessagePackError) {
            return try read(at: offset) { scanner throws(MessagePackError) in collect(try scanner.readBinary(), type) as? Value }
        } catch {
            throw failure(error, type, node: parent, step: step)
        }
    }

    private func collect<Collected: RangeReplaceableCollection<UInt8>>(
        _ bytes: UnsafeRawBufferPointer, _ type: Collected.Type
    ) -> any RangeReplaceableCollection<UInt8> {
        Collected(bytes)
    }

    private func decode(
        extension type: any MessagePackExtension.Type, at offset: Int, parent: CodingPath.Node, step: CodingPath.Step?
    ) throws -> any MessagePackExtension {
        do {
            let (code, payload) = try read(at: offset) { scanner throws(MessagePackError) in try scanner.readExtension() }
            guard code == type.extensionType else {
                let message = "expected extension type \(type.extensionType), found \(code)"
                throw MessagePackError(.typeMismatch, message, byteOffset: offset)
            }
            if let source, let start = payload.baseAddress {
                let index = source.startIndex + (start - base)
                return try type.init(sharedPayload: source[index..<index + payload.count])
            }
            return try type.init(payload: payload.bytes)
        } catch var error as MessagePackError {
            error.byteOffset = offset
            throw failure(error, type, node: parent, step: step)
        }
    }

    /// The error of the `Codable` interface for an error of the format.
    @inline(never)
    func failure(_ error: MessagePackError, _ type: Any.Type, node: CodingPath.Node, step: CodingPath.Step? = nil) -> DecodingError {
        let context = DecodingError.Context(
            codingPath: path.keys(to: node, then: step), debugDescription: error.description, underlyingError: error)
        guard error.code == .typeMismatch else { return .dataCorrupted(context) }
        return isNil(at: error.byteOffset) ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }
}
