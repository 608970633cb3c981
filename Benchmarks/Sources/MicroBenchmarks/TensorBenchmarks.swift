import MLServingCore
import MessagePack
import Tensors

/// A large tensor out of a message, against a copy of its memory.
enum TensorBenchmarks {
    private struct Named: Codable {
        var name: String
        var tensor: Tensor
    }

    static func run(_ stopwatch: Stopwatch) throws -> [Measurement] {
        let tensor = try Tensor((0..<9_000_000).map { Float($0) }, shape: [900, 10_000])
        let codec = MessagePackCodec()
        let message = try codec.encode(tensor)[...]
        let named = try codec.encode(Named(name: "scores", tensor: tensor))[...]
        let baseline = "copy into memory at hand, 36 MB"
        var target = [UInt8](repeating: 0, count: message.count)
        func touch(_ tensor: Tensor) throws -> Int {
            try tensor.withElements(of: Float.self) { Int($0[$0.count - 1]) + $0.count }
        }
        return try [
            stopwatch.measure(group: "tensor", name: baseline) {
                target.withUnsafeMutableBytes { target in message.withUnsafeBytes { target.copyMemory(from: $0) } }
                return Int(target[target.count - 1])
            },
            stopwatch.measure(group: "tensor", name: "copy into new memory, 36 MB", baseline: baseline) {
                let copy = message.withUnsafeBytes { [UInt8]($0) }
                return Int(copy[copy.count - 1])
            },
            stopwatch.measure(group: "tensor", name: "MessagePack: encode 900 × 10,000 FP32", baseline: baseline) {
                Int(try codec.encode(tensor)[message.count - 1])
            },
            stopwatch.measure(group: "tensor", name: "MessagePack: decode 900 × 10,000 FP32", baseline: baseline) {
                try touch(try codec.decode(Tensor.self, from: message))
            },
            stopwatch.measure(group: "tensor", name: "MessagePack: decode it in a struct, unaligned", baseline: baseline) {
                try touch(try codec.decode(Named.self, from: named).tensor)
            },
        ]
    }
}
