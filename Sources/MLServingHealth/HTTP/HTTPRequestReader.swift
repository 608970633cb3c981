/// Reads one request of HTTP/1 (RFC 9112) from what arrives piece by piece.
///
/// A value without I/O. The head is bounded, and what follows it is not looked at: requests that are answered here have no body, and every
/// connection is closed after one answer.
struct HTTPRequestReader {
    enum Progress: Equatable {
        /// The head is not complete.
        case incomplete
        case request(HTTPRequest)
        case refused(HTTPResponse.Status)
    }

    /// The most bytes of a request line and its header fields.
    static let maximumHeadBytes = 8_192

    private var head: [UInt8] = []

    /// Takes in what has arrived.
    mutating func read(_ bytes: some Sequence<UInt8>) -> Progress {
        for byte in bytes {
            head.append(byte)
            if byte == UInt8(ascii: "\n"), head.suffix(4) == [13, 10, 13, 10] { return Self.parse(head) }
            // No client sends this; waiting for more would only keep whoever does waiting too.
            if byte == UInt8(ascii: "\n"), !head.suffix(2).starts(with: [13]) { return .refused(.badRequest) }
            if head.count >= Self.maximumHeadBytes { return .refused(.headerTooLarge) }
        }
        return .incomplete
    }

    private static func parse(_ head: [UInt8]) -> Progress {
        let line = head.prefix { $0 != 13 }
        let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ part in !part.isEmpty && part.allSatisfy { 33...126 ~= $0 } }) else {
            return .refused(.badRequest)
        }
        let (method, target, version) = (parts[0], parts[1], String(decoding: parts[2], as: UTF8.self))
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            return .refused(version.hasPrefix("HTTP/") ? .versionNotSupported : .badRequest)
        }
        guard method.allSatisfy(isTokenByte), let path = path(of: target) else { return .refused(.badRequest) }
        return .request(HTTPRequest(method: String(decoding: method, as: UTF8.self), path: String(decoding: path, as: UTF8.self)))
    }

    /// The path of a target, which may be a whole address (RFC 9112, 3.2.2); `nil` if it is neither.
    private static func path(of target: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var path = target
        let scheme = "http://".utf8
        if target.count > scheme.count, String(decoding: target.prefix(scheme.count), as: UTF8.self).lowercased() == "http://" {
            path = target.dropFirst(scheme.count).drop { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
            if path.first != UInt8(ascii: "/") { path = [UInt8(ascii: "/")] + path }
        }
        guard path.first == UInt8(ascii: "/") || path.elementsEqual("*".utf8) else { return nil }
        return path.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
