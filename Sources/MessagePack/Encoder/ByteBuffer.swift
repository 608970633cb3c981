/// A growing piece of memory that formats are stored into without the checks of an array.
///
/// Invariant of its pointer: `base` addresses `capacity` bytes that this value alone owns, of which the first `count` are initialized.
struct ByteBuffer: ~Copyable, ByteOutput {
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count = 0
    /// True while somebody else's code fills memory of this buffer, which must then stay where it is.
    private var isLent = false

    init(capacity: Int) {
        self.base = .allocate(byteCount: capacity, alignment: 16)
        self.capacity = capacity
    }

    deinit {
        base.deallocate()
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    @inline(__always)
    mutating func append(capacity needed: Int, _ initialize: (UnsafeMutableRawPointer) -> Int) {
        if capacity - count < needed { grow(by: needed) }
        count += initialize(base + count)
    }

    /// Appends exactly `byteCount` bytes, which `initialize` writes; returns how many it wrote, and nothing is appended if it wrote less.
    mutating func append(byteCount: Int, _ initialize: (inout OutputRawSpan) throws -> Void) throws -> Int {
        if capacity - count < byteCount { grow(by: byteCount) }
        let memory = UnsafeMutableRawBufferPointer(start: base + count, count: byteCount)
        isLent = true
        defer { isLent = false }
        var output = OutputRawSpan(buffer: memory, initializedCount: 0)
        try initialize(&output)
        let written = output.finalize(for: memory)
        if written == byteCount { count += byteCount }
        return written
    }

    /// Overwrites memory that is in use.
    mutating func store(at offset: Int, _ initialize: (UnsafeMutableRawPointer) -> Int) {
        _ = initialize(base + offset)
    }

    /// Opens a gap of `width` bytes at `offset`, whose content is unspecified.
    mutating func openGap(at offset: Int, width: Int) {
        if capacity - count < width { grow(by: width) }
        (base + offset + width).copyMemory(from: base + offset, byteCount: count - offset)
        count += width
    }

    mutating func truncate(to count: Int) {
        self.count = min(count, self.count)
    }

    /// Inserts each piece before the byte its offset names; the offsets ascend and refer to the content before the call.
    mutating func insert(_ pieces: ArraySlice<(offset: Int, sink: EncodingSink)>) {
        let total = pieces.reduce(0) { $0 + $1.sink.byteCount }
        if capacity - count < total { grow(by: total) }
        var source = count
        count += total
        var target = count
        for (offset, sink) in pieces.reversed() {
            let kept = source - offset
            target -= kept
            source = offset
            if kept > 0 { (base + target).copyMemory(from: base + source, byteCount: kept) }
            target -= sink.byteCount
            sink.copyBytes(to: base + target)
        }
    }

    @inline(never)
    private mutating func grow(by needed: Int) {
        precondition(!isLent, "an encoder was used by an extension that it is encoding")
        capacity = max(capacity * 2, count + needed)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = larger
    }
}
