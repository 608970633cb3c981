internal import MessagePack
internal import Pickle
internal import Tensors

extension FuzzTarget {
    /// Tensors from MessagePack: what is taken in has the elements that its shape says, and goes through both formats unchanged.
    static let tensors = FuzzTarget("tensors") { bytes in
        var input = FuzzInput(bytes)
        let isWholeMessage = input.bool()
        let payload = input.remaining()
        var message = payload
        if !isWholeMessage {
            var writer = MessagePackWriter()
            writer.writeExtension(type: Tensor.extensionType, payload)
            message = writer.bytes
        }
        guard let tensor = decoding(message.count, factor: 64, { try MessagePackDecoder().decode(Tensor.self, from: message) }) else {
            return
        }
        checkElements(of: tensor)
        let encoded = expectSuccess("a tensor cannot be encoded") { try MessagePackEncoder().encode(tensor) }
        let again = expectSuccess("a tensor of our own cannot be decoded") { try MessagePackDecoder().decode(Tensor.self, from: encoded) }
        expect(again == tensor, "a tensor changed on its way")
        // numpy has no BF16, and no array whose dimensions overflow beside a zero.
        guard tensor.elementType != .bfloat16, tensor.count > 0 else { return }
        let pickle = expectSuccess("a tensor cannot be pickled") { try PickleEncoder().encode(tensor) }
        let loaded = expectSuccess("a pickled tensor cannot be read") { try PickleDecoder().decode(Tensor.self, from: pickle) }
        expect(loaded == tensor, "a tensor changed in a pickle")
    }

    private static func checkElements(of tensor: Tensor) {
        if let size = tensor.elementType.size {
            expect(tensor.bytes.count == tensor.count * size, "\(tensor.bytes.count) bytes for \(tensor.count) elements")
        } else {
            let strings = expectSuccess("no byte strings") { try tensor.byteStrings() }
            expect(strings.count == tensor.count, "\(strings.count) byte strings instead of \(tensor.count)")
        }
        if tensor.elementType == .float64 {
            let elements = expectSuccess("no elements") { try tensor.elements(of: Double.self) }
            let lent = expectSuccess("no elements are lent") {
                try tensor.withElements(of: Double.self) { $0.indices.map { _ in 0 }.count }
            }
            expect(elements.count == tensor.count && lent == tensor.count, "elements are missing")
        }
    }
}
