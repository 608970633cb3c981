/// Collects the bytes of values, and knows the containers that are still open in them.
///
/// The number of elements of a container is known only when it is complete. Its header takes one byte at first, which is enough for 15
/// elements, and is widened when the 16th and the 65,536th arrive: both times the content to move is small compared to what it took to
/// write it.
///
/// Values nested by calls inside calls come one after another. Containers from `nestedContainer` and `superEncoder` may be filled in any
/// order; each has a sink of its own, which is inserted when the value around it is complete.
final class EncodingSink {
    /// A container that can still take elements.
    private struct Frame: BitwiseCopyable {
        var headerOffset: Int
        var headerWidth = 1
        /// How many elements the header can count.
        var capacity = 15
        var count = 0
        var kind: Kind
        /// The type whose value this container is, where known.
        var owner: (any Any.Type)?
        var serial: UInt32
    }

    /// What a container becomes.
    enum Kind: BitwiseCopyable {
        case map, array, binary
    }

    /// Names a frame; the serial number tells a frame from a later one in the same place.
    struct FrameReference: BitwiseCopyable {
        var index: Int32
        var serial: UInt32

        static let invalid = FrameReference(index: -1, serial: 0)
    }

    let context: EncodingContext
    @exclusivity(unchecked) var buffer: ByteBuffer
    @exclusivity(unchecked) private var frames = PlainStack<Frame>(capacity: 4)
    @exclusivity(unchecked) private var splices: [(offset: Int, sink: EncodingSink)] = []
    @exclusivity(unchecked) private var nextSerial: UInt32 = 1
    /// The type of the value that is being encoded by its own `encode(to:)`.
    @exclusivity(unchecked) private(set) var currentType: (any Any.Type)?

    init(context: EncodingContext, appendingTo array: consuming [UInt8] = [], blockCapacity: Int) {
        self.context = context
        self.buffer = ByteBuffer(appendingTo: array, blockCapacity: blockCapacity)
    }

    func reset() {
        buffer.truncate(to: 0)
        frames.truncate(to: 0)
        splices.removeAll(keepingCapacity: true)
        currentType = nil
    }
}

// MARK: Values
extension EncodingSink {
    /// True if a value that began at `start` has not been given any content.
    func isEmpty(from start: Int) -> Bool {
        buffer.count == start
    }

    /// Encodes any value that is not a leaf.
    func encode<Value: Encodable>(_ value: Value, parent: CodingPath.Node, step: CodingPath.Step?) throws {
        let start = buffer.count
        let frameMark = frames.count
        let spliceMark = splices.count
        let pathMark = context.path.count
        let node = step.map { context.path.append($0, to: parent) } ?? parent
        do {
            if let value = context.asExtension(value) {
                try encode(extension: value, node: node)
            } else {
                currentType = Value.self
                try value.encode(to: SinkEncoder(sink: self, start: start, node: node))
                guard buffer.count > start else {
                    throw EncodingError.invalidValue(value, contextError(node, "\(Value.self) did not encode any value"))
                }
                closeFrames(to: frameMark)
                if splices.count > spliceMark { flushSplices(from: spliceMark) }
            }
            context.path.removeNodes(from: pathMark)
        } catch {
            buffer.truncate(to: start)
            frames.truncate(to: frameMark)
            if splices.count > spliceMark { splices.removeLast(splices.count - spliceMark) }
            context.path.removeNodes(from: pathMark)
            throw error
        }
    }

    /// Encodes a leaf.
    @inline(__always)
    func encode<Value>(_ value: Value, as leaf: LeafType, node: CodingPath.Node, step: @autoclosure () -> CodingPath.Step?) throws {
        do throws(LengthError) {
            try withUnsafePointer(to: value) { pointer throws(LengthError) in try buffer.write(at: pointer, as: leaf) }
        } catch {
            throw EncodingError.invalidValue(value, contextError(node, then: step(), error.message))
        }
    }

    /// Encodes a string; false if it is too long.
    @inline(__always)
    func encode(_ value: String) -> Bool {
        guard value.utf8.count <= LengthError.maximum else { return false }
        buffer.write(value)
        return true
    }

    @inline(never)
    func tooLong(_ value: String, node: CodingPath.Node, step: CodingPath.Step?) -> EncodingError {
        .invalidValue(value, contextError(node, then: step, LengthError(count: value.utf8.count).message))
    }

    private func encode(extension value: any MessagePackExtension, node: CodingPath.Node) throws {
        let byteCount = value.payloadByteCount
        guard byteCount >= 0, byteCount <= LengthError.maximum else {
            throw EncodingError.invalidValue(value, contextError(node, LengthError(count: byteCount).message))
        }
        buffer.append(capacity: FormatStore.headerCapacity) {
            FormatStore.extensionHeader(type: type(of: value).extensionType, byteCount, at: $0)
        }
        let written = try buffer.append(byteCount: byteCount) { try value.encodePayload(into: &$0) }
        guard written == byteCount else {
            let message = "\(type(of: value)) announced a payload of \(byteCount) bytes and encoded \(written)"
            throw EncodingError.invalidValue(value, contextError(node, message))
        }
    }

    func contextError(
        _ node: CodingPath.Node, then step: CodingPath.Step? = nil, _ message: String
    ) -> EncodingError.Context {
        EncodingError.Context(codingPath: context.path.keys(to: node, then: step), debugDescription: message)
    }
}

// MARK: Containers
extension EncodingSink {
    /// Begins a container as the value at `start`, or continues the one that was begun there.
    func openContainer(_ kind: Kind, start: Int, node: CodingPath.Node) -> FrameReference {
        if isEmpty(from: start) {
            let serial = nextSerial
            nextSerial &+= 1
            frames.append(Frame(headerOffset: start, kind: kind, owner: currentType, serial: serial))
            buffer.write(byte: 0)
            return FrameReference(index: Int32(frames.count - 1), serial: serial)
        }
        let last = frames.count - 1
        if last >= 0, frames[last].headerOffset == start, frames[last].kind == kind {
            return FrameReference(index: Int32(last), serial: frames[last].serial)
        }
        let message = "a value was encoded twice, or in containers of different kinds"
        context.fail(EncodingError.invalidValue(kind, contextError(node, message)))
        return .invalid
    }

    /// Counts one more element and returns the offset at which it begins.
    @inline(__always)
    func beginElement(_ reference: FrameReference, node: CodingPath.Node) throws -> Int {
        let index = Int(reference.index)
        guard index >= 0, index == frames.count - 1, frames[index].serial == reference.serial else {
            throw EncodingError.invalidValue(
                Kind.array, contextError(node, "a container was used after the value it belongs to had been encoded"))
        }
        let count = frames[index].count + 1
        if count > frames[index].capacity { try widenHeader(ofFrame: index, node: node) }
        frames.update(index) { $0.count = count }
        return buffer.count
    }

    /// Takes back the element that began at `start`, because it could not be encoded.
    func removeElement(_ reference: FrameReference, start: Int) {
        buffer.truncate(to: start)
        frames.update(Int(reference.index)) { $0.count -= 1 }
    }

    func count(_ reference: FrameReference) -> Int {
        let index = Int(reference.index)
        guard index >= 0, index < frames.count, frames[index].serial == reference.serial else { return 0 }
        return frames[index].count
    }

    func kind(_ reference: FrameReference) -> Kind? {
        let index = Int(reference.index)
        return index >= 0 && index < frames.count ? frames[index].kind : nil
    }

    /// Makes an array a binary value if it has no elements yet and encodes a collection of bytes such as Foundation's `Data`.
    func becomesBinary(_ reference: FrameReference) -> Bool {
        let index = Int(reference.index)
        guard index >= 0, index < frames.count else { return false }
        if frames[index].kind == .binary { return true }
        guard frames[index].count == 0, frames[index].owner is any RangeReplaceableCollection<UInt8>.Type else { return false }
        frames.update(index) { $0.kind = .binary }
        setHeader(ofFrame: index, width: 2, capacity: 0xff)
        return true
    }

    /// Adds bytes to a binary value.
    func append(_ bytes: UnsafeRawBufferPointer, to reference: FrameReference, node: CodingPath.Node) throws {
        guard !bytes.isEmpty else { return }
        _ = try beginElement(reference, node: node)
        let index = Int(reference.index)
        let count = frames[index].count - 1 + bytes.count
        while count > frames[index].capacity {
            try widenHeader(ofFrame: index, node: node)
        }
        frames.update(index) { $0.count = count }
        buffer.write(raw: bytes)
    }

    /// A sink for a container nested in this one, to be inserted here.
    func makeNestedSink() -> EncodingSink {
        let sink = context.makeSink()
        splices.append((buffer.count, sink))
        return sink
    }

    /// Completes a sink whose content is one value.
    private func finish() {
        flushSplices(from: 0)
        if buffer.count == 0 { buffer.write(byte: Tag.nil) }
        closeFrames(to: 0)
    }

    private func flushSplices(from mark: Int) {
        guard splices.count > mark else { return }
        for splice in splices[mark...] {
            splice.sink.finish()
        }
        buffer.insert(splices[mark...])
        context.recycle(&splices, from: mark)
    }

    private func closeFrames(to mark: Int) {
        while frames.count > mark {
            let frame = frames[frames.count - 1]
            frames.truncate(to: frames.count - 1)
            buffer.store(at: frame.headerOffset) { target in
                // The width decides: a header once widened stays wide, even if its last element was taken back.
                switch (frame.kind, frame.headerWidth) {
                case (.map, 1): FormatStore.mapHeader(frame.count, at: target)
                case (.map, 3): FormatStore.store(Tag.map16, UInt16(frame.count), at: target)
                case (.map, _): FormatStore.store(Tag.map32, UInt32(frame.count), at: target)
                case (.array, 1): FormatStore.arrayHeader(frame.count, at: target)
                case (.array, 3): FormatStore.store(Tag.array16, UInt16(frame.count), at: target)
                case (.array, _): FormatStore.store(Tag.array32, UInt32(frame.count), at: target)
                case (.binary, 2): FormatStore.store(Tag.binary8, UInt8(frame.count), at: target)
                case (.binary, 3): FormatStore.store(Tag.binary16, UInt16(frame.count), at: target)
                case (.binary, _): FormatStore.store(Tag.binary32, UInt32(frame.count), at: target)
                }
            }
        }
    }

    @inline(never)
    private func widenHeader(ofFrame index: Int, node: CodingPath.Node) throws {
        switch frames[index].headerWidth {
        case 1, 2: setHeader(ofFrame: index, width: 3, capacity: 0xffff)
        case 3: setHeader(ofFrame: index, width: 5, capacity: LengthError.maximum)
        default:
            let error = LengthError(count: frames[index].count + 1)
            throw EncodingError.invalidValue(frames[index].kind, contextError(node, error.message))
        }
    }

    private func setHeader(ofFrame index: Int, width: Int, capacity: Int) {
        let growth = width - frames[index].headerWidth
        let content = frames[index].headerOffset + frames[index].headerWidth
        buffer.openGap(at: content, width: growth)
        for place in splices.indices.reversed() {
            guard splices[place].offset >= content else { break }
            splices[place].offset += growth
        }
        frames.update(index) {
            $0.headerWidth = width
            $0.capacity = capacity
        }
    }
}
