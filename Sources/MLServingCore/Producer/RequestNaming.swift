internal import Synchronization

/// Names the requests of one producer, and the keys of their results.
///
/// The hash tag around the producer's id keeps all its results on one node of a Redis Cluster.
final class RequestNaming: Sendable {
    let producerID: String
    /// What all result keys of this producer begin with.
    let keyPrefix: String
    private let last = Atomic<UInt64>(0)

    /// Makes names that no other producer makes: the id has 96 random bits.
    init(prefix: String, using generator: some RandomNumberGenerator = SystemRandomNumberGenerator()) {
        var generator = generator
        producerID = (0..<3).map { _ in Self.hexadecimal(UInt32.random(in: .min ... .max, using: &generator)) }.joined()
        keyPrefix = "\(prefix):{\(producerID)}:"
    }

    /// A new request's id and the key of its result.
    func next() -> (id: String, key: String) {
        let number = last.add(1, ordering: .relaxed).newValue
        let id = "\(producerID)-\(number)"
        return (id, keyPrefix + id)
    }

    private static func hexadecimal(_ number: UInt32) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
