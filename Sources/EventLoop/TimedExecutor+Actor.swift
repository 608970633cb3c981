extension Actor {
    /// Runs `body` isolated to this actor: at once when the caller is on the actor's executor already, else when the executor has done
    /// what was enqueued before.
    public nonisolated func perform(on executor: any TimedExecutor, _ body: @escaping @Sendable (isolated Self) -> Void) {
        if executor.isIsolatingCurrentContext() == true {
            assumeIsolated { body($0) }
        } else {
            executor.execute { self.assumeIsolated { body($0) } }
        }
    }
}
