/// The way from the whole value to a part of it; spelled out only when asked for.
indirect enum CodingPath: Sendable {
    case root
    case member(JSONKey, CodingPath)

    func appending(_ key: some CodingKey) -> CodingPath { .member(JSONKey(key), self) }
    func appending(index: Int) -> CodingPath { .member(JSONKey(index: index), self) }

    var keys: [any CodingKey] {
        var keys: [any CodingKey] = []
        var path = self
        while case .member(let key, let parent) = path {
            keys.append(key)
            path = parent
        }
        return keys.reversed()
    }
}

/// A name of a member, or the index of an element.
struct JSONKey: CodingKey, Hashable, Sendable {
    private let name: String?
    let intValue: Int?

    var stringValue: String { name ?? "Index \(intValue ?? 0)" }

    init(_ name: String) {
        self.name = name
        intValue = nil
    }

    init(index: Int) {
        name = nil
        intValue = index
    }

    init(_ key: some CodingKey) {
        name = key.stringValue
        intValue = key.intValue
    }

    init(stringValue: String) { self.init(stringValue) }

    init(intValue: Int) {
        name = "\(intValue)"
        self.intValue = intValue
    }
}
