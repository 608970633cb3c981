/// What has been declared, in the order in which it was, to be declared again after a reconnect.
struct Topology {
    private(set) var exchanges: [ExchangeDeclaration] = []
    private(set) var queues: [QueueDeclaration] = []
    private(set) var bindings: [QueueBinding] = []
    /// Queues and exchanges that exist otherwise than declared, and are used as they are.
    private var queuesInUseAsTheyAre: Set<String> = []
    private var exchangesInUseAsTheyAre: Set<String> = []

    /// - Returns: Whether it is news that the exchange is used as it is.
    @discardableResult
    mutating func remember(_ exchange: ExchangeDeclaration, isUsedAsItIs: Bool = false) -> Bool {
        exchanges.removeAll { $0.name == exchange.name }
        exchanges.append(exchange)
        if isUsedAsItIs { return exchangesInUseAsTheyAre.insert(exchange.name).inserted }
        exchangesInUseAsTheyAre.remove(exchange.name)
        return false
    }

    /// - Returns: Whether it is news that the queue is used as it is.
    @discardableResult
    mutating func remember(_ queue: QueueDeclaration, isUsedAsItIs: Bool = false) -> Bool {
        queues.removeAll { $0.name == queue.name }
        queues.append(queue)
        if isUsedAsItIs { return queuesInUseAsTheyAre.insert(queue.name).inserted }
        queuesInUseAsTheyAre.remove(queue.name)
        return false
    }

    mutating func remember(_ binding: QueueBinding) {
        guard !bindings.contains(binding) else { return }
        bindings.append(binding)
    }

    mutating func forgetQueue(named name: String) {
        queues.removeAll { $0.name == name }
        bindings.removeAll { $0.queue == name }
    }

    mutating func forgetExchange(named name: String) {
        exchanges.removeAll { $0.name == name }
        bindings.removeAll { $0.exchange == name }
    }

    func isUsedAsItIs(_ queue: QueueDeclaration) -> Bool { queuesInUseAsTheyAre.contains(queue.name) }

    func isUsedAsItIs(_ exchange: ExchangeDeclaration) -> Bool { exchangesInUseAsTheyAre.contains(exchange.name) }

    /// What belongs to a queue: the exchanges that it is bound to, and the bindings.
    func routes(to queue: String) -> (exchanges: [ExchangeDeclaration], bindings: [QueueBinding]) {
        let bindings = bindings.filter { $0.queue == queue }
        return (exchanges.filter { exchange in bindings.contains { $0.exchange == exchange.name } }, bindings)
    }

    func queue(named name: String) -> QueueDeclaration? {
        queues.first { $0.name == name }
    }
}
