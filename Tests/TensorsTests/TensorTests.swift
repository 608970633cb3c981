import Testing

@testable import Tensors

@Suite("Tensor")
struct TensorTests {
    @Test func elementsAreLentAndCopied() throws {
        let tensor = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
        #expect(tensor.shape == [2, 3] && tensor.count == 6 && tensor.elementType == .float32)
        #expect(try tensor.elements(of: Float.self) == [1, 2, 3, 4, 5, 6])
        #expect(try tensor.withElements(of: Float.self) { $0.count == 6 && $0[5] == 6 })
    }

    @Test func elementsOfAnotherTypeAreRefused() throws {
        let tensor = try Tensor([1, 2] as [Int32])
        #expect(throws: TensorError.self) { try tensor.elements(of: Float.self) }
        #expect(throws: TensorError.self) { try tensor.withElements(of: UInt32.self) { $0.count } }
        #expect(throws: TensorError.self) { try tensor.byteStrings() }
    }

    @Test func elementsThatLieUnalignedAreLentAllTheSame() throws {
        let memory: [UInt8] = [0] + ([1.5, -2] as [Double]).flatMap { number in withUnsafeBytes(of: number) { [UInt8]($0) } }
        let tensor = try Tensor(.float64, shape: [2], bytes: memory[1...])
        #expect(try tensor.withElements(of: Double.self) { [$0[0], $0[1]] } == [1.5, -2])
        #expect(try tensor.elements(of: Double.self) == [1.5, -2])
    }

    @Test func equalityIsThatOfTypeShapeAndBytes() throws {
        let message: [UInt8] = [9, 1, 2, 3, 4, 1, 2, 3, 4]
        let first = try Tensor(.uint8, shape: [4], bytes: message[1..<5])
        #expect(first == (try Tensor(.uint8, shape: [4], bytes: message[5...])))
        #expect(first != (try Tensor(.uint8, shape: [4], bytes: message[0..<4])))
        #expect(first != (try Tensor(.uint8, shape: [2, 2], bytes: message[1..<5])))
        #expect(first != (try Tensor(.int8, shape: [4], bytes: message[1..<5])))
        #expect(try Tensor([Double.nan]) == Tensor([Double.nan]))
        #expect(try Tensor([0.0]) != Tensor([-0.0]))
        #expect(try Tensor([Float]()) == Tensor([Float]()))
    }

    @Test func shapeMustFitTheElements() throws {
        for shape in [[3], [2, 2], [0], [-1], [2, -1], [.max, .max, 2], [Int](repeating: 1, count: 33)] {
            #expect(throws: TensorError.self, "\(shape)") { try Tensor([1, 2] as [Int8], shape: shape) }
        }
        #expect(try Tensor([7] as [Int8], shape: []).count == 1)
        #expect(try Tensor([] as [Int8], shape: [4, 0, .max]).count == 0)
        #expect(try Tensor([1, 2, 3, 4] as [Int8], shape: [4]).reshaped(to: [2, 2]).shape == [2, 2])
    }

    @Test func truthValuesAreZeroOrOne() throws {
        let tensor = try Tensor(.bool, shape: [3], bytes: [0, 7, 1])
        #expect(Array(tensor.bytes) == [0, 1, 1])
        #expect(try tensor.elements(of: Bool.self) == [false, true, true])
    }

    @Test func byteStringsKeepTheirLengths() throws {
        let strings: [[UInt8]] = [[], [0, 1], [UInt8](repeating: 9, count: 300), []]
        let tensor = try Tensor(byteStrings: strings, shape: [2, 2])
        #expect(try tensor.byteStrings() == strings)
        for bytes in [[1, 0, 0, 0], [0, 0, 0], [1, 0, 0, 0, 5, 9], [0xFF, 0xFF, 0xFF, 0xFF, 1]] as [[UInt8]] {
            #expect(throws: TensorError.self) { try Tensor(.bytes, shape: [1], bytes: bytes[...]) }
        }
        #expect(throws: TensorError.self) { try Tensor(byteStrings: strings, shape: [3]) }
    }

    @Test func halfPrecisionRoundsToNearestEven() {
        #expect(Float(BFloat16(1.5)) == 1.5)
        #expect(BFloat16(Float(bitPattern: 0x3F80_8000)).bitPattern == 0x3F80)
        #expect(BFloat16(Float(bitPattern: 0x3F81_8000)).bitPattern == 0x3F82)
        #expect(BFloat16(Float(bitPattern: 0x3F80_8001)).bitPattern == 0x3F81)
        #expect(BFloat16(.greatestFiniteMagnitude).bitPattern == 0x7F80)
        #expect(Float(BFloat16(-.infinity)) == -.infinity)
        #expect(Float(BFloat16(Float(bitPattern: 0x7F80_0001))).isNaN)
    }

    @Test(arguments: TensorElementType.allCases)
    func typesHaveTheirNames(type: TensorElementType) {
        #expect(TensorElementType(type.description) == type)
    }
}
