import Hummingbird
import HummingbirdTesting
import MLServing
import Testing

@testable import TextClusteringService

/// What the tests ask the service, and what they look at in its answers.
extension TestClientProtocol {
    func predict(_ body: String, contentType: String? = "application/json", query: String = "") async throws -> TestResponse {
        var headers = HTTPFields()
        headers[.contentType] = contentType
        return try await execute(uri: "/api/v1/predict\(query)", method: .post, headers: headers, body: ByteBuffer(string: body))
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }
}

/// Checks that an answer is the given status and `{"Error": "…"}`, with a message that contains a text.
func expect(
    _ response: TestResponse, isError status: HTTPResponse.Status, saying text: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    #expect(response.status == status, sourceLocation: sourceLocation)
    #expect(response.headers[.contentType] == "application/json", sourceLocation: sourceLocation)
    let members = try JSONCodec().decode([String: String].self, from: Array(response.body.readableBytesView)[...])
    #expect(members.keys.sorted() == ["Error"], sourceLocation: sourceLocation)
    #expect(members["Error"]?.contains(text) == true, "\(response.text)", sourceLocation: sourceLocation)
}
