internal import Digests

/// What equal inputs have in common: a digest of model, version, content types and the input's canonical bytes.
struct CacheKey: Sendable, Hashable {
    private let digest: SHA256Digest

    /// - Throws: For an input that is not well formed. It is not shared, and fails when it is predicted.
    ///
    /// - Parameters:
    ///   - codec: What the input is encoded by.
    ///   - outputType: What the output is encoded as; the same output in another type is another one.
    init(_ input: ArraySlice<UInt8>, encodedBy codec: any PayloadCodec, outputType: ContentType, for caching: ResultCaching) throws {
        let canonical = try codec.canonical(value: input)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(canonical.count + caching.model.utf8.count + caching.version.utf8.count + 64)
        for name in [caching.model, caching.version, codec.contentType.rawValue, outputType.rawValue] {
            // With its length, or the end of one name could be the beginning of the next.
            withUnsafeBytes(of: UInt64(name.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: name.utf8)
        }
        bytes.append(contentsOf: canonical)
        digest = SHA256Digest(of: bytes)
    }

    /// Where the store keeps the output for the consumers of a queue.
    func storeKey(queue: String) -> String { ControlKey.output(of: digest, queue: queue) }
}
