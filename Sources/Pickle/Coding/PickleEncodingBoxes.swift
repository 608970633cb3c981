/// An element of a container that is being encoded.
enum PickleEncodingSlot {
    case value(PickleValue)
    case encoder(PickleValueEncoder)

    func finish() -> PickleValue {
        switch self {
        case .value(let value): value
        case .encoder(let encoder): encoder.finish()
        }
    }
}

/// A list that is being encoded.
final class PickleListBox {
    var slots: [PickleEncodingSlot] = []

    func finish() -> PickleValue { .list(self.slots.map { $0.finish() }) }
}

/// A dictionary that is being encoded. A key encoded twice keeps its place and takes the later value.
final class PickleDictionaryBox {
    private var keys: [ExactText] = []
    private var slots: [PickleEncodingSlot] = []
    /// Where the keys are, once they are too many to search.
    private var positions: [ExactText: Int] = [:]

    private static let largestSearched = 16

    func set(_ key: String, _ slot: PickleEncodingSlot) {
        let key = ExactText(key)
        if let position = self.position(of: key) {
            self.slots[position] = slot
            return
        }
        self.keys.append(key)
        self.slots.append(slot)
        if self.keys.count == Self.largestSearched + 1 {
            for (position, key) in self.keys.enumerated() { self.positions[key] = position }
        } else if self.keys.count > Self.largestSearched {
            self.positions[key] = self.keys.count - 1
        }
    }

    /// The encoder that was nested under a key, if any.
    func encoder(_ key: String) -> PickleValueEncoder? {
        guard let position = self.position(of: ExactText(key)), case .encoder(let encoder) = self.slots[position] else { return nil }
        return encoder
    }

    func finish() -> PickleValue {
        let entries = zip(self.keys, self.slots).map { PickleDictionary.Entry(key: .string($0.text), value: $1.finish()) }
        return .dictionary(PickleDictionary(distinct: entries))
    }

    private func position(of key: ExactText) -> Int? {
        self.keys.count > Self.largestSearched ? self.positions[key] : self.keys.firstIndex(of: key)
    }
}
