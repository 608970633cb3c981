/// Vectors in groups of eight: the first values of all eight, then the second ones, and so on.
///
/// Eight dot products are formed at once, each from front to back, so that they agree with fastText's to the last bit.
struct InterleavedVectors: Sendable {
    private typealias Lanes = SIMD8<Float>

    private let count: Int
    private let length: Int
    private let lanes: [Lanes]

    /// Takes `count` vectors of `length` values each, which `fill` writes over a buffer of `length` elements.
    init(count: Int, length: Int, fill: (_ item: Int, _ target: UnsafeMutableBufferPointer<Float>) -> Void) {
        self.count = count
        self.length = length
        let groups = (count + Lanes.scalarCount - 1) / Lanes.scalarCount
        lanes = [Lanes](unsafeUninitializedCapacity: groups * length) { lanes, initialized in
            lanes.initialize(repeating: .zero)
            withUnsafeTemporaryAllocation(of: Float.self, capacity: length) { vector in
                for item in 0..<count {
                    fill(item, vector)
                    let (group, lane) = item.quotientAndRemainder(dividingBy: Lanes.scalarCount)
                    for index in 0..<length { lanes[group * length + index][lane] = vector[index] }
                }
            }
            initialized = groups * length
        }
    }

    /// Calls `body` with each vector's index and its dot product with `vector`, which has as many values as each of them.
    func forEachDotProduct(with vector: [Float], _ body: (_ item: Int, _ product: Float) -> Void) {
        lanes.withUnsafeBufferPointer { lanes in
            vector.withUnsafeBufferPointer { vector in
                for group in stride(from: 0, to: count, by: Lanes.scalarCount) {
                    let start = group / Lanes.scalarCount * length
                    var sums = Lanes.zero
                    for index in 0..<length { sums += lanes[start + index] * vector[index] }
                    for lane in 0..<min(Lanes.scalarCount, count - group) { body(group + lane, sums[lane]) }
                }
            }
        }
    }
}
