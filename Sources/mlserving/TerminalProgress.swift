/// Tells on a terminal how far a long command has come; elsewhere nothing.
struct TerminalProgress {
    private let noun: String
    private let total: Int?
    private var count = 0
    private var isShown = false
    private var lastShown = ContinuousClock.now

    /// - Parameters:
    ///   - noun: What is counted, in the plural.
    ///   - total: How many there are, where that is known.
    init(_ noun: String, of total: Int? = nil) {
        self.noun = noun
        self.total = total
    }

    /// Counts some more, and shows how many it has been, four times a second at most.
    mutating func show(adding number: Int) {
        count += number
        guard StandardError.isTerminal, ContinuousClock.now - lastShown > .milliseconds(250) else { return }
        lastShown = .now
        isShown = true
        StandardError.write("\r\u{1B}[K\(count)\(total.map { " of \($0)" } ?? "") \(noun)")
    }

    /// Removes the line, so that something else can be written.
    mutating func clear() {
        guard isShown else { return }
        isShown = false
        StandardError.write("\r\u{1B}[K")
    }
}
