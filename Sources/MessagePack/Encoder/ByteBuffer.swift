/// The output of an encoder: an array of bytes, in front of which a small block of memory collects what is written in small pieces.
///
/// Storing into the block costs a fraction of appending to an array. Large pieces go straight into the array, so that they are written
/// once. Offsets count from the first byte that was written here, whether it is still in the block or in the array already.
///
/// Invariant of the pointer: `block` addresses `blockCapacity` bytes that this value alone owns, of which the first `blockCount` are
/// initialized.
struct ByteBuffer: ~Copyable, ByteOutput {
    private let block: UnsafeMutableRawPointer
    private let blockCapacity: Int
    private var blockCount = 0
    private var array: [UInt8]
    /// The offset of the first byte in the block.
    private var blockOffset = 0
    /// How many bytes the array had at first.
    private let arrayStart: Int

    /// Creates a buffer that appends to `array`.
    init(appendingTo array: consuming [UInt8] = [], blockCapacity: Int) {
        self.block = .allocate(byteCount: blockCapacity, alignment: 16)
        self.blockCapacity = blockCapacity
        self.arrayStart = array.count
        self.array = array
    }

    deinit {
        block.deallocate()
    }

    @inline(__always)
    var count: Int { blockOffset + blockCount }

    @inline(__always)
    mutating func append(capacity: Int, _ initialize: (UnsafeMutableRawPointer) -> Int) {
        if blockCapacity - blockCount < capacity, !makeRoom(capacity) {
            array.append(capacity: capacity, initialize)
            blockOffset = array.count - arrayStart
        } else {
            blockCount += initialize(block + blockCount)
        }
    }

    /// Empties the block; true if it then has room for `capacity` bytes.
    @inline(never)
    private mutating func makeRoom(_ capacity: Int) -> Bool {
        flush()
        return capacity <= blockCapacity
    }

    private mutating func flush() {
        guard blockCount > 0 else { return }
        array.append(contentsOf: UnsafeRawBufferPointer(start: block, count: blockCount))
        blockOffset += blockCount
        blockCount = 0
    }

    /// Appends exactly `byteCount` bytes, which `initialize` writes; returns how many it wrote, and nothing is appended if it wrote less.
    mutating func append(byteCount: Int, _ initialize: (inout OutputRawSpan) throws -> Void) throws -> Int {
        flush()
        let start = array.count
        var written = 0
        // Somebody else's code runs in here. It cannot reach this array, which is a local variable meanwhile.
        var target = array
        array = []
        defer {
            array = target
            blockOffset = target.count - arrayStart
        }
        do {
            try target.append(addingCapacity: byteCount) { output in
                try output.withUnsafeMutableBufferPointer { buffer, count in
                    let memory = UnsafeMutableRawBufferPointer(buffer)
                    var payload = OutputRawSpan(buffer: UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount]), initializedCount: 0)
                    try initialize(&payload)
                    written = payload.finalize(for: UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount]))
                    count = written
                }
            }
        } catch {
            target.removeLast(target.count - start)
            throw error
        }
        if written != byteCount { target.removeLast(target.count - start) }
        return written
    }

    /// Overwrites up to `capacity` bytes that are in use.
    @inline(__always)
    mutating func store(at offset: Int, _ initialize: (UnsafeMutableRawPointer) -> Int) {
        if offset >= blockOffset {
            _ = initialize(block + (offset - blockOffset))
        } else {
            flush()
            array.withUnsafeMutableBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                _ = initialize(base + arrayStart + offset)
            }
        }
    }

    /// Opens a gap of `width` bytes at `offset`.
    mutating func openGap(at offset: Int, width: Int) {
        if offset >= blockOffset, blockCapacity - blockCount >= width {
            let content = block + (offset - blockOffset)
            (content + width).copyMemory(from: content, byteCount: count - offset)
            blockCount += width
        } else {
            flush()
            array.insert(contentsOf: repeatElement(0, count: width), at: arrayStart + offset)
            blockOffset += width
        }
    }

    /// Removes the bytes from `offset` on.
    mutating func truncate(to offset: Int) {
        if offset >= blockOffset {
            blockCount = min(blockCount, offset - blockOffset)
        } else {
            blockCount = 0
            array.removeLast(blockOffset - offset)
            blockOffset = offset
        }
    }

    /// Calls `body` with all bytes.
    mutating func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        if blockOffset == 0 {
            body(UnsafeRawBufferPointer(start: block, count: blockCount))
        } else {
            flush()
            array.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[arrayStart...])) }
        }
    }

    /// Inserts each piece before the byte its offset names; the offsets ascend and refer to the content before the call.
    mutating func insert(_ pieces: ArraySlice<(offset: Int, sink: EncodingSink)>) {
        guard let first = pieces.first else { return }
        // The usual case is one piece at the end, for which the tail is empty.
        var tail: [UInt8] = []
        let tailStart = first.offset
        if count > tailStart {
            withBytes { tail = [UInt8](UnsafeRawBufferPointer(rebasing: $0[tailStart...])) }
            truncate(to: tailStart)
        }
        var position = tailStart
        for (offset, sink) in pieces {
            if offset > position { tail[(position - tailStart)..<(offset - tailStart)].withUnsafeBytes { write(raw: $0) } }
            position = offset
            sink.buffer.withBytes { write(raw: $0) }
        }
        if tail.count > position - tailStart { tail[(position - tailStart)...].withUnsafeBytes { write(raw: $0) } }
    }

    /// Gives up the array with everything in it.
    mutating func takeArray() -> [UInt8] {
        flush()
        let result = array
        array = []
        return result
    }
}
