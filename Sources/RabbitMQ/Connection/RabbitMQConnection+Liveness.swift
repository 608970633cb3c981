internal import EventLoop

/// Noticing that the broker is silent: the network swallows everything, and no system call fails.
extension RabbitMQConnection {
    /// Looks at the link from now on, until it is lost.
    func watchForSilence() {
        silence = SilenceMonitor()
        scheduleLook()
    }

    private func scheduleLook() {
        silenceTimer = loop.schedule(at: .now + SilenceMonitor.interval) { [weak self] in
            self?.assumeIsolated { $0.look() }
        }
    }

    private func look() {
        guard let link else { return }
        let isAnswering = !isReadingPaused && link.blockage == nil && !link.isClosing
        switch silence.look(received: link.transport.receivedCount, isAnswering: isAnswering) {
        case .none: break
        case .probe: attemptOnLink { () throws(RabbitMQError) in try probe(link) }
        case .giveUp:
            lose(
                RabbitMQError(
                    .connectionLost, "the broker has been silent for \(SilenceMonitor.patience), and did not answer a question",
                    node: link.node))
        }
        if self.link === link { scheduleLook() }
    }

    /// Asks for a prefetch on a channel that consumes nothing: of no consequence, and free for every user.
    private func probe(_ link: Link) throws(RabbitMQError) {
        let channel: Channel
        if let idle = idleChannels.last {
            channel = idle
        } else {
            channel = try link.openChannel(handler: nil)
            idleChannels.append(channel)
        }
        try channel.setPrefetch(0) { _ in }
    }
}
