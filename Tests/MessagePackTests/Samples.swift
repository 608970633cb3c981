struct Address: Codable, Equatable {
    var street: String
    var number: Int?
}

struct Person: Codable, Equatable {
    var name: String
    var age: UInt8
    var height: Float
    var weight: Double?
    var tags: [String]
    var address: Address?
    var friends: [Person]
    var scores: [String: Double]
    var matrix: [[Float]]
    var blob: [UInt8]
    var byNumber: [Int: String]

    static let sample = Person(
        name: "Ada", age: 36, height: 1.65, weight: 55.5, tags: ["math", "engine"],
        address: Address(street: "St James's Square", number: 12),
        friends: [
            Person(
                name: "Charles", age: 44, height: 1.8, weight: nil, tags: [], address: nil, friends: [], scores: [:], matrix: [], blob: [],
                byNumber: [:])
        ], scores: ["a": 0.5, "b": 0.25], matrix: [[1, 2], [3]], blob: [0, 255], byNumber: [-1: "minus", 300: "plus"])
}

enum Shape: Codable, Equatable {
    case empty
    case circle(radius: Double)
    case polygon([Address], closed: Bool)
    indirect case group(Shape, Shape)
}

enum Color: String, Codable { case red, green }
enum Level: Int, Codable { case low = 1, high = 300 }

class Animal: Codable {
    var legs: Int

    init(legs: Int) { self.legs = legs }
}

final class Dog: Animal {
    var name: String

    private enum CodingKeys: String, CodingKey { case name }

    init(name: String) {
        self.name = name
        super.init(legs: 4)
    }

    required init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        try super.init(from: try container.superDecoder())
    }

    override func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        let parent = container.superEncoder()
        try container.encode(name, forKey: .name)
        try super.encode(to: parent)
    }
}

/// Two columns filled in turn, so that neither is complete before the other begins.
struct Columns: Codable, Equatable {
    var rows: [Address]

    private enum CodingKeys: String, CodingKey { case streets, numbers, inner }

    init(rows: [Address]) { self.rows = rows }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        var streets = container.nestedUnkeyedContainer(forKey: .streets)
        var numbers = container.nestedUnkeyedContainer(forKey: .numbers)
        var inner = container.nestedContainer(keyedBy: CodingKeys.self, forKey: .inner)
        for row in rows {
            try streets.encode(row.street)
            try numbers.encode(row.number)
        }
        try inner.encode(rows, forKey: .inner)
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        var numbers = try container.nestedUnkeyedContainer(forKey: .numbers)
        var streets = try container.nestedUnkeyedContainer(forKey: .streets)
        rows = []
        while !streets.isAtEnd {
            rows.append(Address(street: try streets.decode(String.self), number: try numbers.decode(Int?.self)))
        }
        let inner = try container.nestedContainer(keyedBy: CodingKeys.self, forKey: .inner)
        let again = try inner.decode([Address].self, forKey: .inner)
        guard again == rows else {
            throw DecodingError.dataCorruptedError(forKey: .inner, in: container, debugDescription: "the columns differ from the rows")
        }
    }
}
