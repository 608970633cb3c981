internal import Hummingbird

extension Request {
    /// Checks what the head says of the body, so that a body that nobody wants is not read.
    ///
    /// - Parameter limit: The most bytes that the body may have.
    /// - Throws: ``HTTPFailure`` with 415 or 413.
    func checkJSONBody(limit: Int) throws {
        if let type = headers[.contentType] {
            guard Self.isJSON(type) else {
                throw HTTPFailure(
                    .unsupportedMediaType, "the content type is \(type); application/json is wanted, in UTF-8",
                    headers: [.accept: "application/json"])
            }
        }
        let encodings = headers[values: .contentEncoding].filter { $0.lowercased() != "identity" }
        guard encodings.isEmpty else {
            throw HTTPFailure(
                .unsupportedMediaType,
                "the content encoding is \(encodings.joined(separator: ", ")); the body is wanted as it is, without compression",
                headers: [.acceptEncoding: "identity"])
        }
        guard headers[.contentLength].flatMap(Int.init) ?? 0 <= limit else { throw Self.tooLarge(limit) }
    }

    /// Reads the body.
    ///
    /// - Parameter limit: The most bytes that it may have.
    /// - Throws: ``HTTPFailure`` where it is too large, does not come, or is not there.
    func jsonBody(limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await part in body {
            guard bytes.count + part.readableBytes <= limit else { throw Self.tooLarge(limit) }
            bytes.append(contentsOf: part.readableBytesView)
        }
        guard !bytes.isEmpty else { throw HTTPFailure(.badRequest, "the body is missing; an object of id and text is wanted, in JSON") }
        return bytes
    }

    private static func tooLarge(_ limit: Int) -> HTTPFailure {
        HTTPFailure(.contentTooLarge, "the body is larger than \(limit) bytes")
    }

    private static func isJSON(_ contentType: String) -> Bool {
        let parts = contentType.split(separator: ";").map { $0.split(separator: " ").joined().lowercased() }
        guard let type = parts.first, type == "application/json" || type == "text/json" || type.hasSuffix("+json") else { return false }
        let charsets = parts.dropFirst().filter { $0.hasPrefix("charset=") }.map { $0.dropFirst(8).filter { $0 != "\"" } }
        return charsets.allSatisfy { $0 == "utf-8" || $0 == "utf8" || $0 == "us-ascii" }
    }
}
