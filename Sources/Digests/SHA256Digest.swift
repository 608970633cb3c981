internal import COpenSSL

/// The SHA-256 of some bytes.
public struct SHA256Digest: Sendable, Hashable, CustomStringConvertible {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// Computes the digest of bytes.
    public init(of bytes: [UInt8]) {
        var digest: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &digest) { digest in
            bytes.withUnsafeBytes { mlserving_sha256($0.baseAddress, $0.count, digest.baseAddress) }
        }
        words = digest
    }

    /// 64 hexadecimal digits.
    public var description: String {
        withUnsafeBytes(of: words) { bytes in
            String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
                let digits: StaticString = "0123456789abcdef"
                for (index, byte) in bytes.enumerated() {
                    text[2 * index] = digits.utf8Start[Int(byte >> 4)]
                    text[2 * index + 1] = digits.utf8Start[Int(byte & 0xf)]
                }
                return 2 * bytes.count
            }
        }
    }

    /// Whether two digests are the same.
    public static func == (left: Self, right: Self) -> Bool {
        left.words.0 == right.words.0 && left.words.1 == right.words.1 && left.words.2 == right.words.2 && left.words.3 == right.words.3
    }

    /// Any part of a digest is as good a hash as the whole.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
    }
}
