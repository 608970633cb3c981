/// The highest of many scores, with the index of each: a heap whose root is the worst one kept.
struct BestScores {
    struct Element: Sendable, Hashable {
        let index: Int
        let score: Float

        /// Whether this one is to be preferred; of equal scores the lower index is.
        func isBetter(than other: Element) -> Bool {
            score > other.score || (score == other.score && index < other.index)
        }
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
        let element = Element(index: index, score: score)
        guard limit > 0, !score.isNaN else { return }
        if heap.count < limit {
            heap.append(element)
            siftUp(from: heap.count - 1)
        } else if element.isBetter(than: heap[0]) {
            heap[0] = element
            siftDown()
        }
    }

    /// What was kept, the best first.
    func descending() -> [Element] {
        heap.sorted { $0.isBetter(than: $1) }
    }

    private mutating func siftUp(from start: Int) {
        var child = start
        while child > 0, heap[(child - 1) / 2].isBetter(than: heap[child]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var worst = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[worst].isBetter(than: heap[child]) {
                worst = child
            }
            if worst == parent { return }
            heap.swapAt(parent, worst)
            parent = worst
        }
    }
}
