/// The keys that lead to the values being coded, as a tree whose nodes name their parent.
///
/// Containers and coders carry the number of a node, and the array of keys is made only when somebody asks for it. Nodes are added at
/// the end and removed together when the value they lead to has been coded.
struct CodingPath {
    /// The number of a node; ``root`` for the value on the outside.
    typealias Node = Int32

    /// One step of a path.
    enum Step {
        case key(any CodingKey)
        case index(Int)

        var codingKey: any CodingKey {
            switch self {
            case .key(let key): key
            case .index(let index): IndexKey(index: index)
            }
        }
    }

    static let root: Node = -1

    private var nodes: [(parent: Node, step: Step)] = []

    var count: Int { nodes.count }

    mutating func append(_ step: Step, to parent: Node) -> Node {
        nodes.append((parent, step))
        return Node(nodes.count - 1)
    }

    mutating func removeNodes(from count: Int) {
        nodes.removeLast(nodes.count - count)
    }

    /// The keys from the outside to `node`, and the key of `step` after them.
    func keys(to node: Node, then step: Step? = nil) -> [any CodingKey] {
        var keys: [any CodingKey] = step.map { [$0.codingKey] } ?? []
        var node = node
        // Numbers may be stale if somebody kept a container for longer than its value was coded. Parents come before their children;
        // insisting on that makes sure that a path ends.
        while nodes.indices.contains(Int(node)) {
            let (parent, step) = nodes[Int(node)]
            keys.append(step.codingKey)
            node = min(parent, node - 1)
        }
        return keys.reversed()
    }
}

/// The key of an element of an array.
struct IndexKey: CodingKey {
    let index: Int

    init(index: Int) { self.index = index }
    init?(intValue: Int) { self.index = intValue }
    init?(stringValue: String) { return nil }

    var intValue: Int? { index }
    var stringValue: String { "Index \(index)" }
}

/// The key under which a superclass is coded unless another is given.
struct SuperKey: CodingKey {
    init() {}
    init?(intValue: Int) { return nil }
    init?(stringValue: String) { guard stringValue == "super" else { return nil } }

    var intValue: Int? { nil }
    var stringValue: String { "super" }
}
