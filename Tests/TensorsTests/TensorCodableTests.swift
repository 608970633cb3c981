import Foundation
import Testing

@testable import Tensors

@Suite("Tensors in JSON")
struct TensorCodableTests {
    @Test func everyTypeComesBack() throws {
        for tensor in try TensorSamples.all() {
            let json = try JSONEncoder().encode(tensor)
            #expect(try JSONDecoder().decode(Tensor.self, from: json) == tensor, "\(String(decoding: json, as: UTF8.self))")
        }
    }

    @Test func formIsTheDocumentedOne() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let numbers = try Tensor([1, 2.5] as [Float], shape: [2, 1])
        #expect(String(decoding: try encoder.encode(numbers), as: UTF8.self) == #"{"data":[1,2.5],"shape":[2,1],"type":"FP32"}"#)
        let strings = try Tensor(byteStrings: [[0x61], [0xC3, 0xA9]])
        #expect(String(decoding: try encoder.encode(strings), as: UTF8.self) == #"{"data":["a","é"],"shape":[2],"type":"BYTES"}"#)
    }

    @Test(arguments: [
        #"{"data":[1],"shape":[2],"type":"FP32"}"#, #"{"data":[1],"shape":[1],"type":"FP31"}"#,
        #"{"data":[300],"shape":[1],"type":"UINT8"}"#,
        #"{"data":[1],"shape":[-1],"type":"FP32"}"#, #"{"data":[1.5],"shape":[1],"type":"INT32"}"#, #"{"data":[1],"shape":[1]}"#, "[1]",
    ])
    func whatIsNoTensorIsRefused(json: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Tensor.self, from: Data(json.utf8)) }
    }
}
