import MLServingTesting
import RabbitMQ

extension FaultProxy {
    convenience init(to node: RabbitMQNode) throws {
        try self.init(toPort: node.port)
    }

    /// Where clients connect to.
    var node: RabbitMQNode { RabbitMQNode(host: "127.0.0.1", port: port) }
}
