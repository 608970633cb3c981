/// A growing stack of plain values, for loops in which the checks of an array would cost more than the work.
///
/// Invariant of its pointer: `base` addresses `capacity` elements that this value alone owns, of which the first `count` are initialized;
/// every access is checked against `count`.
struct PlainStack<Element: BitwiseCopyable>: ~Copyable {
    private var base: UnsafeMutablePointer<Element>
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int) {
        self.base = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit {
        base.deallocate()
    }

    @inline(__always)
    subscript(index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count)
            return base[index]
        }
        nonmutating set {
            precondition(index >= 0 && index < count)
            base[index] = newValue
        }
    }

    /// Changes an element where it is. `body` must not append.
    @inline(__always)
    func update(_ index: Int, _ body: (inout Element) -> Void) {
        precondition(index >= 0 && index < count)
        body(&base[index])
    }

    @inline(__always)
    mutating func append(_ element: Element) {
        if count == capacity { grow() }
        (base + count).initialize(to: element)
        count += 1
    }

    /// Removes the elements after the first `count`.
    @inline(__always)
    mutating func truncate(to count: Int) {
        precondition(count >= 0)
        if count < self.count { self.count = count }
    }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: base, count: count)
        base.deallocate()
        base = larger
        capacity *= 2
    }
}
