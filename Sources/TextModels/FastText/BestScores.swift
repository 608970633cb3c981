/// The highest of many scores, with the index of each: a heap whose root is the worst one kept.
///
/// Which of equal scores are kept, and in which order, follows from the heap's steps. They are those of the C++ standard library that
/// fastText is built with, so that its answers are met in this, too.
struct BestScores {
    struct Element: Sendable, Hashable {
        let index: Int
        let score: Float
    }

    private let limit: Int
    private var heap: [Element] = []

    init(limit: Int) {
        self.limit = limit
    }

    /// The score a newcomer must reach to be kept; nil while there is room.
    var bar: Float? { heap.count < limit ? nil : heap.first?.score }

    /// Keeps a score if it is among the best; one that is no number never is.
    mutating func add(_ score: Float, at index: Int) {
        guard limit > 0, !score.isNaN else { return }
        if let bar, score < bar { return }
        heap.append(Element(index: index, score: score))
        place(heap[heap.count - 1], at: heap.count - 1)
        if heap.count > limit {
            moveWorst(to: heap.count - 1)
            heap.removeLast()
        }
    }

    /// What was kept, the best first.
    consuming func descending() -> [Element] {
        for end in heap.indices.dropFirst().reversed() { moveWorst(to: end) }
        return heap
    }

    /// Puts an element into a hole, or above it as long as its parent is better.
    private mutating func place(_ element: Element, at hole: Int) {
        var hole = hole
        while hole > 0, heap[(hole - 1) / 2].score > element.score {
            heap[hole] = heap[(hole - 1) / 2]
            hole = (hole - 1) / 2
        }
        heap[hole] = element
    }

    /// Takes the root out of the heap in front of `end` and puts it there; what was there finds its place in the heap.
    private mutating func moveWorst(to end: Int) {
        let element = heap[end]
        heap[end] = heap[0]
        // The hole goes all the way down, to the worse child each time, and the element then up from there.
        var hole = 0
        while 2 * hole + 1 < end {
            var child = 2 * hole + 2
            if child == end || heap[child].score > heap[child - 1].score { child -= 1 }
            heap[hole] = heap[child]
            hole = child
        }
        place(element, at: hole)
    }
}
