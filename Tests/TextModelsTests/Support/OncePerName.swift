import Synchronization

/// Makes each named value once, however many tests ask for it at the same time.
final class OncePerName: Sendable {
    private let values = Mutex<[String: String]>([:])

    /// Returns the value of `name`; the first caller makes it while the others wait.
    func value(for name: String, make: () throws -> String) throws -> String {
        try values.withLock { values in
            if let value = values[name] { return value }
            let value = try make()
            values[name] = value
            return value
        }
    }
}
