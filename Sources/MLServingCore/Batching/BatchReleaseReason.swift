/// Why a batch was released.
enum BatchReleaseReason: String, Sendable, CaseIterable {
    /// It has as many inputs as are allowed.
    case full
    /// It costs as much as is allowed, or the next input would cost too much.
    case cost
    /// By what has been learned, more inputs would not pay, or would break the target of latency.
    case adaptive
    /// Its first input has waited as long as is allowed.
    case delay
    /// Held back any longer, it would be late for one of its callers.
    case deadline
    /// A prediction thread was free, and nothing is to be held back.
    case free
    /// Its only input must not share a batch.
    case alone
}
