extension Duration {
    /// So many seconds, as somebody wants to wait: a millisecond at least, so that nothing spins, and 1,000,000,000 s at most, so that no
    /// calculation overflows. `nil` for all else, such as `nan`.
    package init?(secondsOfWait seconds: Double) {
        guard (0.001...1e9).contains(seconds) else { return nil }
        self = .seconds(seconds)
    }
}
