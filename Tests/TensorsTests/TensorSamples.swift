import Tensors

/// A tensor of every element type, with the values at the ends of its range.
enum TensorSamples {
    static func all() throws -> [Tensor] {
        [
            try Tensor([true, false, true, true], shape: [2, 2]), try Tensor([.min, -1, 0, .max] as [Int8], shape: [4, 1]),
            try Tensor([.min, -1, 0, .max] as [Int16]), try Tensor([.min, -1, 0, .max] as [Int32], shape: [1, 2, 2]),
            try Tensor([.min, -1, 0, .max] as [Int64]), try Tensor([0, 1, .max] as [UInt8]), try Tensor([0, 1, .max] as [UInt16]),
            try Tensor([0, 1, .max] as [UInt32]), try Tensor([0, 1, .max] as [UInt64]), try Tensor([0.5, -2, 65_504] as [Float16]),
            try Tensor([0.5, -2, 3e38].map { BFloat16($0) }),
            try Tensor([0.1, -.greatestFiniteMagnitude, .leastNonzeroMagnitude] as [Float]),
            try Tensor([0.1, -.greatestFiniteMagnitude, .leastNonzeroMagnitude]),
            try Tensor(byteStrings: [[], [0, 0xFF], [0x61]], shape: [3, 1]),
            try Tensor(byteStrings: [[0x61], [0xC3, 0xA9]]), try Tensor([7] as [Int32], shape: []),
            try Tensor([] as [Float], shape: [3, 0]),
            try Tensor(byteStrings: [], shape: [0]),
        ]
    }
}
