import Testing

@testable import RabbitMQ

@Suite("FieldTable")
struct FieldTableTests {
    @Test func namesAreSetReplacedAndRemoved() {
        var table: FieldTable = ["a": 1, "b": "two"]
        table["c"] = true
        table["a"] = 3
        table["b"] = nil
        #expect(table == ["c": true, "a": 3])
        #expect(table.map(\.name) == ["a", "c"])
        #expect(table["b"] == nil)
    }

    @Test func orderOfNamesDoesNotMatter() {
        let left: FieldTable = ["a": 1, "b": .table(["x": 1, "y": 2])]
        let right: FieldTable = ["b": .table(["y": 2, "x": 1]), "a": 1]
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
        #expect(left != ["a": 1, "b": .table(["x": 1, "y": 3])])
        #expect(left != ["a": 1])
    }

    @Test func deepTablesAreComparedInLinearTime() {
        func nest(_ value: FieldValue) -> FieldValue {
            (0..<FieldValue.maximumDepth).reduce(value) { nested, _ in .table(["a": 1, "b": nested]) }
        }
        #expect(Set([nest(1), nest(1), nest(2)]).count == 2)
    }

    @Test func integersOfEverySizeAreRead() {
        let values: [FieldValue] = [.int8(5), .uint8(5), .int16(5), .uint16(5), .int32(5), .uint32(5), .int64(5)]
        #expect(values.allSatisfy { $0.integer == 5 })
        #expect(FieldValue.timestamp(5).integer == nil)
        #expect(FieldValue.string("x").text == "x")
        #expect(FieldValue.bytes([1]).text == nil)
    }
}
