import FoundationEssentials
import MLServingCore
import MessagePack

/// Values to bytes and back: MessagePack and JSON as requests carry them, and Foundation's JSON to compare with.
enum CodecBenchmarks {
    static func run(_ stopwatch: Stopwatch) throws -> [Measurement] {
        try value(Samples.doubles, named: "300 doubles", stopwatch)
            + value(Samples.row, named: "struct of ten fields", stopwatch)
            + value(Samples.words, named: "100 strings of 13 bytes", stopwatch)
            + value(Samples.texts, named: "100 strings of 20 bytes", stopwatch)
    }

    private static func value<Value: Codable & Equatable>(_ value: Value, named name: String, _ stopwatch: Stopwatch) throws
        -> [Measurement]
    {
        let packed = MessagePackCodec()
        let json = JSONCodec()
        let packedBytes = try packed.encode(value)
        let jsonBytes = try json.encode(value)
        let data = try JSONEncoder().encode(value)
        guard try packed.decode(Value.self, from: packedBytes[...]) == value, try json.decode(Value.self, from: jsonBytes[...]) == value
        else {
            throw BenchmarkError(message: "\(name) is not what it was after a round trip")
        }
        let size = "\(name), \(packedBytes.count) B"
        let jsonSize = "\(name), \(jsonBytes.count) B"
        func bytes(_ operation: () throws -> [UInt8]) rethrows -> Int {
            let bytes = try operation()
            return bytes.count &+ Int(bytes[bytes.count - 1])
        }
        let encoded = try [
            stopwatch.measure(group: "encode", name: "Foundation JSON: \(name), \(data.count) B") { try JSONEncoder().encode(value).count },
            stopwatch.measure(group: "encode", name: "JSON: \(jsonSize)", baseline: "Foundation JSON: \(name), \(data.count) B") {
                try bytes { try json.encode(value) }
            },
            stopwatch.measure(group: "encode", name: "MessagePack: \(size)", baseline: "Foundation JSON: \(name), \(data.count) B") {
                try bytes { try packed.encode(value) }
            },
        ]
        func decoded(_ operation: () throws -> Value) rethrows -> Int { try withExtendedLifetime(operation()) { 1 } }
        return try encoded + [
            stopwatch.measure(group: "decode", name: "Foundation JSON: \(name)") {
                try decoded { try JSONDecoder().decode(Value.self, from: data) }
            },
            stopwatch.measure(group: "decode", name: "JSON: \(name)", baseline: "Foundation JSON: \(name)") {
                try decoded { try json.decode(Value.self, from: jsonBytes[...]) }
            },
            stopwatch.measure(group: "decode", name: "MessagePack: \(name)", baseline: "Foundation JSON: \(name)") {
                try decoded { try packed.decode(Value.self, from: packedBytes[...]) }
            },
        ]
    }
}
