// Types that decoders are made to produce.

/// A structure with every kind of property.
struct SampleRecord: Codable {
    var name: String
    var count: Int?
    var flag: Bool?
    var tiny: Int8?
    var wide: UInt64?
    var ratio: Float?
    var exact: Double?
    var bytes: [UInt8]?
    var numbers: [Float]?
    var words: [String]?
    var named: [String: Int32]?
    var numbered: [Int: String]?
    var nested: [SampleRecord]?
    var choice: SampleChoice?
}

/// A choice whose cases have values, which is a map in a map.
enum SampleChoice: Codable {
    case nothing
    case number(Int)
    case pair(left: String, right: [Double])
    indirect case other(SampleChoice)
}

/// What a class and its superclass share.
class SampleClass: Codable {
    var first: Int
}

/// A class whose superclass is coded in a container of its own, and that reads a list item by item.
final class SampleSubclass: SampleClass {
    private enum Key: String, CodingKey {
        case second, items
    }

    private let second: String?
    private let items: [Int16]

    required init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        second = try container.decodeIfPresent(String.self, forKey: .second)
        var list = try container.nestedUnkeyedContainer(forKey: .items)
        var items: [Int16] = []
        while !list.isAtEnd {
            if try list.decodeNil() { continue }
            items.append(try list.decode(Int16.self))
        }
        self.items = items
        try super.init(from: container.superDecoder())
    }

    override func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encodeIfPresent(second, forKey: .second)
        var list = container.nestedUnkeyedContainer(forKey: .items)
        for item in items { try list.encode(item) }
        try super.encode(to: container.superEncoder())
    }
}
