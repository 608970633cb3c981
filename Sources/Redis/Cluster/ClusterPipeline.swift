/// A pipeline on its way through a cluster: what goes to which node, what has come back, and what has to go again.
struct ClusterPipeline {
    /// The commands that go to one node in one piece, in order.
    struct Portion: Sendable {
        let node: RedisNode
        /// The places of the commands in the pipeline.
        let places: [Int]
        /// Whether the node does not own their slot yet, and is told that we know.
        var isAsking = false
    }

    /// What is to be done after replies.
    struct Step {
        /// Slots that belong to other nodes than was thought.
        var moved: [(slot: HashSlot, node: RedisNode)] = []
        /// Commands to go, at once, to the owners of their slots.
        var again: [Int] = []
        /// Commands to go, at once, to nodes that do not own their slots yet.
        var asking: [Portion] = []
        /// Commands to go to the owners of their slots after a pause.
        var later: [Int] = []
        /// Whether somebody else may own slots by now.
        var isTopologyInDoubt = false
    }

    /// How often a command is sent on at once, before it has to pause in between …
    private static let swiftRedirections = 4
    /// … and how often in all, before its last refusal is its reply.
    private static let maximumRedirections = 16

    private static let asking = RedisCommand.words("ASKING", [])

    let commands: [RedisCommand]
    private let slots: [HashSlot?]
    /// Whether commands that nobody can execute now wait for somebody who can; otherwise that is their reply.
    let isPatient: Bool
    private var replies: [RedisReply?]
    private var redirections: [Int]
    private var missing: Int
    /// The last refusal of a command that has to go again.
    private(set) var refusal: RedisServerError?

    /// - Parameter slot: Whose owner all commands go to; `nil`: each goes to that of its key.
    init(_ commands: [RedisCommand], slot: HashSlot? = nil, isPatient: Bool = true) {
        self.commands = commands
        self.isPatient = isPatient
        slots = commands.map { slot ?? $0.slot }
        replies = Array(repeating: nil, count: commands.count)
        redirections = Array(repeating: 0, count: commands.count)
        missing = commands.count
    }

    /// All replies in the order of the commands, once they are there.
    var completeReplies: [RedisReply]? {
        missing == 0 ? replies.compactMap { $0 } : nil
    }

    /// Splits commands by the owners of their slots. One without a key goes to any node.
    ///
    /// - Returns: A portion for each node, and the commands whose slot nobody owns.
    func portions(of places: some Sequence<Int>, in topology: ClusterTopology) -> (portions: [Portion], homeless: [Int]) {
        var homeless: [Int] = []
        var nodes: [RedisNode] = []
        var placesByNode: [[Int]] = []
        for place in places {
            guard let node = slots[place].map(topology.owner) ?? topology.masters.first else {
                homeless.append(place)
                continue
            }
            // A pipeline goes to few nodes, most often to one.
            if let index = nodes.firstIndex(of: node) {
                placesByNode[index].append(place)
            } else {
                nodes.append(node)
                placesByNode.append([place])
            }
        }
        return (zip(nodes, placesByNode).map { Portion(node: $0, places: $1) }, homeless)
    }

    /// What to send for a portion.
    func commands(of portion: Portion) -> [RedisCommand] {
        portion.isAsking ? portion.places.flatMap { [Self.asking, commands[$0]] } : portion.places.map { commands[$0] }
    }

    /// Takes the replies to a portion.
    mutating func receive(_ received: [RedisReply], to portion: Portion) -> Step {
        var step = Step()
        var asked: [RedisNode: [Int]] = [:]
        let stride = portion.isAsking ? 2 : 1
        for (index, place) in portion.places.enumerated() {
            let reply = received[index * stride + stride - 1]
            guard case .error(let error) = reply, let redirection = Redirection(error, from: portion.node),
                redirections[place] < Self.maximumRedirections
            else {
                settle(place, with: reply)
                continue
            }
            refusal = error
            switch redirection {
            case .moved(let slot, let node):
                redirections[place] += 1
                step.moved.append((slot, node))
                if redirections[place] <= Self.swiftRedirections { step.again.append(place) } else { step.later.append(place) }
            case .ask(let node):
                redirections[place] += 1
                asked[node, default: []].append(place)
            case .later where isPatient:
                step.later.append(place)
            case .later:
                settle(place, with: reply)
                step.isTopologyInDoubt = true
            }
        }
        step.asking = asked.map { Portion(node: $0, places: $1, isAsking: true) }
        return step
    }

    /// Answers for commands whose slot nobody owns.
    mutating func settleHomeless(_ places: [Int]) {
        for place in places { settle(place, with: .error(.slotNotServed)) }
    }

    private mutating func settle(_ place: Int, with reply: RedisReply) {
        guard replies[place] == nil else { return }
        replies[place] = reply
        missing -= 1
    }
}
