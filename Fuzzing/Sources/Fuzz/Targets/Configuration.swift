@testable internal import MLServing

extension FuzzTarget {
    /// An environment file: it gives settings, or an error that names a key and keeps the secrets.
    static let configuration = FuzzTarget("configuration") { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        // Such keys name files of this machine.
        guard !bytes.isEmpty, !text.uppercased().contains("_FILE") else { return }
        let path = file.path(holding: bytes)
        if let reader = CallingThread().run({ try? await SettingsReader(files: [path]) }) { check(reader) }
        for word in text.split(separator: " ") { checkNode(String(word)) }
    }

    private static let file = MemoryFile(name: "variables.env")

    private static func check(_ reader: SettingsReader) {
        let secrets = ["RABBIT_PASSWORD", "REDIS_PASSWORD"].compactMap { reader.string($0) }
        do {
            let settings = try ServingSettings(from: reader)
            expect(settings.rabbitPassword.revealed == secrets.first || reader.string("RABBIT_PASSWORD") == nil, "another password")
            expect(settings.consumer.prefetch > 0 && settings.producer.maximumInFlight > 0, "nothing could run")
            for node in settings.rabbitNodes + settings.redisNodes { expect(node.port > 0 && !node.host.isEmpty, "no node") }
            for secret in secrets where secret.utf8.count > 20 {
                // Nothing else is that long, unless it is the same text.
                let others = settings.rabbitUser + (settings.redisUser ?? "") + settings.rabbitVirtualHost + settings.exchangeName
                let more = settings.consumer.queue.name + settings.producer.keyPrefix + settings.exchangeType
                let nodes = (settings.rabbitNodes + settings.redisNodes).map(\.host).joined()
                if (others + more + nodes).contains(secret) { continue }
                expect(!"\(settings)".contains(secret), "a secret is shown")
            }
        } catch {
            expect(!error.key.isEmpty && !"\(error)".isEmpty, "an error without a key")
            expect(!["RABBIT_PASSWORD", "REDIS_PASSWORD"].contains(error.key), "every text is a password")
        }
    }

    private static func checkNode(_ text: String) {
        guard let node = ServerNode(text) else { return }
        expect(ServerNode(node.description) == node, "\(text) is not \(node)")
    }
}
