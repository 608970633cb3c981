/// One budget for the bytes of all request bodies that a consumer holds expanded, and of the answers that are not delivered yet.
///
/// A few kilobytes may expand to megabytes, so the number of requests is no bound on them. Small bodies are not counted: their number is.
struct HeldBytes {
    /// Up to this size a body is not counted, and never waits.
    static let smallBody = 65_536
    /// From this size on a body is expanded and taken apart on a thread of its own.
    static let largeBody = 1 << 20

    /// What an input of a list takes in memory beside its bytes, until its request is answered: 410 bytes while it waits, 860
    /// once it has failed.
    ///
    /// A list of a million inputs has a million bytes at least, and takes hundreds of times as much once it is taken apart.
    static let inputMemory = 1_024

    /// What may be held in all.
    let limit: Int
    private var reserved: [UInt64: Int] = [:]
    private(set) var used = 0

    init(limit: Int) {
        self.limit = max(0, limit)
    }

    /// Takes what a request needs out of the budget; `false` when not so much is left.
    mutating func reserve(_ count: Int, for request: UInt64) -> Bool {
        guard count > Self.smallBody else { return true }
        guard reserved[request] == nil, count <= limit - used else { return false }
        reserved[request] = count
        used += count
        return true
    }

    /// Has a request take something else from now on, even if so much is not left: it is there already.
    ///
    /// - Returns: Whether it takes less than before.
    mutating func replace(_ request: UInt64, by count: Int) -> Bool {
        let count = count > Self.smallBody ? count : 0
        if count == 0, reserved.isEmpty { return false }
        let before = reserved[request] ?? 0
        reserved[request] = count > 0 ? count : nil
        used += count - before
        return count < before
    }

    /// Gives back what a request took; `true` when it had taken something.
    mutating func release(_ request: UInt64) -> Bool {
        guard let count = reserved.removeValue(forKey: request) else { return false }
        used -= count
        return true
    }
}
