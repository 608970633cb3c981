/// Which nodes to try next, and how long to wait before.
///
/// A round goes through all nodes in random order. After a round without success, and after the loss of a connection, comes a wait.
struct ReconnectSchedule<Generator: RandomNumberGenerator> {
    enum Step: Equatable {
        case connect([RabbitMQNode])
        case wait(Duration)
    }

    private let nodes: [RabbitMQNode]
    private let backoff: ReconnectBackoff
    private var generator: Generator
    private var rounds = 0
    private var isToWait = false

    init(nodes: [RabbitMQNode], backoff: ReconnectBackoff, generator: Generator) {
        self.nodes = nodes
        self.backoff = backoff
        self.generator = generator
    }

    mutating func next() -> Step {
        defer { isToWait.toggle() }
        guard isToWait else { return .connect(nodes.shuffled(using: &generator)) }
        defer { rounds += 1 }
        return .wait(backoff.delay(afterRounds: rounds, using: &generator))
    }

    /// Starts over after a connection that carried something or that lasted; one that broke at once counts as a fruitless round.
    mutating func connectionEnded(after lifetime: Duration, wasUseful: Bool) {
        if wasUseful || lifetime >= backoff.maximumCeiling { rounds = 0 }
    }
}
