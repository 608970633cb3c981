internal import Digests

/// What equal inputs have in common: a digest of model, version, content types, the input's canonical bytes, and the request's parameters.
struct CacheKey: Sendable, Hashable {
    private let digest: SHA256Digest

    /// - Throws: For an input that is not well formed. It is not shared, and fails when it is predicted.
    ///
    /// - Parameters:
    ///   - codec: What the input is encoded by.
    ///   - outputType: What the output is encoded as; the same output in another type is another one.
    ///   - parameters: What the predictor is told beside the input.
    init(
        _ input: ArraySlice<UInt8>, encodedBy codec: any PayloadCodec, outputType: ContentType,
        parameters: [String: ParameterValue] = [:], for caching: ResultCaching
    ) throws {
        let canonical = try codec.canonical(value: input)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(canonical.count + caching.model.utf8.count + caching.version.utf8.count + 64)
        for name in [caching.model, caching.version, codec.contentType.rawValue, outputType.rawValue, parameters.canonical] {
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

extension [String: ParameterValue] {
    /// The same text for the same parameters, and for no others.
    fileprivate var canonical: String {
        if isEmpty { return "" }
        return sorted { $0.key < $1.key }.map { name, value in
            let text =
                switch value {
                case .bool(let value): "b\(value)"
                case .integer(let value): "i\(value)"
                case .double(let value): "d\(value.bitPattern)"
                case .string(let value): "s\(value.utf8.count):\(value)"
                }
            return "\(name.utf8.count):\(name)\(text)"
        }.joined()
    }
}
