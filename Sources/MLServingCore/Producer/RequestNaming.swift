internal import Synchronization

/// Names the requests of one producer, and the keys of their results.
///
/// The hash tag around the producer's id keeps all its results on one node of a Redis Cluster.
final class RequestNaming: Sendable {
    let producerID: String
    /// What all result keys of this producer begin with.
    let keyPrefix: String
    /// Whether names are UUIDs, which then are the keys, too.
    private let isUUID: Bool
    private let last = Atomic<UInt64>(0)

    /// Makes names that no other producer makes: the id has 96 random bits.
    init(prefix: String, using generator: some RandomNumberGenerator = SystemRandomNumberGenerator()) {
        var generator = generator
        producerID = (0..<3).map { _ in Self.hexadecimal(UInt32.random(in: .min ... .max, using: &generator)) }.joined()
        keyPrefix = "\(prefix):{\(producerID)}:"
        isUUID = false
    }

    /// Makes names as the template's programs do: random UUIDs. Those of one producer have all but their last twelve digits in common, which
    /// count, so that one pattern finds all its results.
    init(uuidsUsing generator: some RandomNumberGenerator) {
        var generator = generator
        let digits = (0..<3).map { _ in Self.hexadecimal(UInt32.random(in: .min ... .max, using: &generator)) }.joined()
        func part(_ start: Int, _ count: Int) -> Substring { digits.dropFirst(start).prefix(count) }
        // Version 4, and the variant of RFC 9562.
        keyPrefix = "\(part(0, 8))-\(part(8, 4))-4\(part(12, 3))-a\(part(15, 3))-"
        producerID = digits
        isUUID = true
    }

    /// A new request's id and the key of its result.
    func next() -> (id: String, key: String) {
        let number = last.add(1, ordering: .relaxed).newValue
        if isUUID {
            let digits = String(number & 0xFFFF_FFFF_FFFF, radix: 16)
            let id = keyPrefix + String(repeating: "0", count: 12 - digits.count) + digits
            return (id, id)
        }
        let id = "\(producerID)-\(number)"
        return (id, keyPrefix + id)
    }

    private static func hexadecimal(_ number: UInt32) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
