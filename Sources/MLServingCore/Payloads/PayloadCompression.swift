internal import Compression

/// When payloads are compressed, with Zstandard at its fastest level.
///
/// Both sides have to want it: a client says in its requests that it takes compressed results, and compresses requests itself once a consumer has
/// said that it takes those.
public struct PayloadCompression: Sendable, Hashable {
    /// The most bytes that a payload may expand to; a payload of more is refused.
    public static let maximumByteCount = 128 << 20

    /// What is smaller is not compressed.
    public var minimumByteCount: Int

    /// Sets the size from which on payloads are compressed.
    public init(minimumByteCount: Int = 16_384) {
        self.minimumByteCount = max(0, minimumByteCount)
    }

    /// Compressed bytes; `nil` if they are few, or would not get smaller by a tenth.
    func compressed(_ bytes: [UInt8]) -> [UInt8]? {
        bytes.count >= minimumByteCount ? Zstandard.compress(bytes) : nil
    }

    /// What compressed bytes expand to.
    static func expanded(
        _ bytes: [UInt8], orElse code: ServingError.Code, maximumByteCount: Int = PayloadCompression.maximumByteCount
    ) throws(ServingError) -> [UInt8] {
        do {
            return try Zstandard.decompress(bytes, maximumByteCount: maximumByteCount)
        } catch {
            throw ServingError(code: code, message: "a compressed payload cannot be expanded: \(error)")
        }
    }
}

extension Message {
    /// The body, expanded if it is compressed.
    ///
    /// - Throws: ``ServingError`` with `unsupported_content_type` for a content encoding other than `zstd`, `malformed_request` for a body that
    ///   cannot be expanded, or to more than ``PayloadCompression/maximumByteCount`` only.
    public func expandedBody() throws(ServingError) -> [UInt8] {
        try expandedBody(maximumByteCount: PayloadCompression.maximumByteCount)
    }

    /// What the body expands to, told by its frames before anything is expanded; for a frame that does not say, as much as it may be.
    ///
    /// - Parameter limit: The most that a body may expand to whose frames do not say.
    /// - Throws: ``ServingError`` with `too_large` for more than ``PayloadCompression/maximumByteCount``, `malformed_request` for what is no frame.
    func expandedByteCount(limit: Int) throws(ServingError) -> Int {
        guard contentEncoding == Zstandard.name else { return body.count }
        let maximum = PayloadCompression.maximumByteCount
        let count: Int
        do {
            count = try Zstandard.expandedByteCount(of: body) ?? min(maximum, limit)
        } catch {
            throw ServingError(code: .malformedRequest, message: "a compressed payload cannot be expanded: \(error)")
        }
        guard count <= maximum else {
            throw ServingError(code: .tooLarge, message: "the body expands to \(count) bytes, more than \(maximum)")
        }
        return count
    }

    func expandedBody(maximumByteCount: Int) throws(ServingError) -> [UInt8] {
        switch contentEncoding {
        case nil, "", "identity": return body
        case Zstandard.name: return try PayloadCompression.expanded(body, orElse: .malformedRequest, maximumByteCount: maximumByteCount)
        case let name?:
            throw ServingError(code: .unsupportedContentType, message: "the content encoding \(name) is not \(Zstandard.name)")
        }
    }

    /// Whether its result may be compressed.
    var acceptsCompression: Bool {
        headers[MessageHeader.acceptEncoding]?.string.map { $0.split(separator: ",").contains { $0.trimmed == Zstandard.name } } ?? false
    }

    /// Says that its result may be compressed.
    mutating func acceptCompression() {
        headers[MessageHeader.acceptEncoding] = .string(Zstandard.name)
    }

    /// Compresses the body, if that is worth it.
    mutating func compress(_ compression: PayloadCompression) {
        guard let compressed = compression.compressed(body) else { return }
        body = compressed
        contentEncoding = Zstandard.name
    }
}

extension Substring {
    fileprivate var trimmed: Substring { drop { $0 == " " }.prefix { $0 != " " } }
}
