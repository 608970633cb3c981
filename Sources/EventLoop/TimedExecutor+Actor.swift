extension Actor {
    /// Runs `body` isolated to this actor: at once when the caller is on the actor's executor already, else as soon as the executor gets to it.
    ///
    /// Calls from one place on the executor keep their order.
    public nonisolated func perform(on executor: any TimedExecutor, _ body: @escaping @Sendable (isolated Self) -> Void) {
        if executor.isIsolatingCurrentContext() == true {
            assumeIsolated { body($0) }
        } else {
            Task { await body(self) }
        }
    }
}
