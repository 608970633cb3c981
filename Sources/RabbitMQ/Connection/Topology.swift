/// What has been declared, in the order in which it was, to be declared again after a reconnect.
struct Topology {
    private(set) var exchanges: [ExchangeDeclaration] = []
    private(set) var queues: [QueueDeclaration] = []
    private(set) var bindings: [QueueBinding] = []

    mutating func remember(_ exchange: ExchangeDeclaration) {
        exchanges.removeAll { $0.name == exchange.name }
        exchanges.append(exchange)
    }

    mutating func remember(_ queue: QueueDeclaration) {
        queues.removeAll { $0.name == queue.name }
        queues.append(queue)
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

    func queue(named name: String) -> QueueDeclaration? {
        queues.first { $0.name == name }
    }
}
