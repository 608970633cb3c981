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
    private var keys: [String] = []
    private var slots: [PickleEncodingSlot] = []
    private var positions: [ExactText: Int] = [:]

    func set(_ key: String, _ slot: PickleEncodingSlot) {
        if let position = self.positions.updateValue(self.keys.count, forKey: ExactText(key)) {
            self.positions[ExactText(key)] = position
            self.slots[position] = slot
        } else {
            self.keys.append(key)
            self.slots.append(slot)
        }
    }

    /// The encoder that was nested under a key, if any.
    func encoder(_ key: String) -> PickleValueEncoder? {
        guard let position = self.positions[ExactText(key)], case .encoder(let encoder) = self.slots[position] else { return nil }
        return encoder
    }

    func finish() -> PickleValue {
        .dictionary(
            PickleDictionary(
                distinct: zip(self.keys, self.slots).map { PickleDictionary.Entry(key: .string($0), value: $1.finish()) }
            )
        )
    }
}
