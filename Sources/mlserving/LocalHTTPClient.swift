import Glibc

/// Asks an HTTP server on this machine, with blocking calls: for a program that does nothing else meanwhile.
struct LocalHTTPClient {
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) {
            self.description = description
        }

        init(errno number: Int32) {
            description = String(cString: strerror(number))
        }
    }

    /// The longest answer that is read.
    private static let maximumBytes = 1 << 20

    /// The server's address. One that means all addresses is asked at the loopback interface.
    let host: String
    let port: Int
    let timeout: Duration

    init(host: String, port: Int, timeout: Duration) {
        self.host = ["localhost": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"][host] ?? host
        self.port = port
        self.timeout = timeout
    }

    /// - Returns: The status code and the body of the answer.
    func get(_ path: String) throws(Failure) -> (status: Int, body: String) {
        let deadline = ContinuousClock.now + timeout
        let descriptor = try connect()
        defer { close(descriptor) }
        try send([UInt8]("GET \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n".utf8), to: descriptor)
        let answer = try receive(from: descriptor, until: deadline)
        // "HTTP/1.1 200 OK"
        let words = String(decoding: answer.prefix { $0 != 13 }, as: UTF8.self).split(separator: " ")
        let endOfHead = answer.indices.first { answer[$0...].starts(with: [13, 10, 13, 10]) }
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]), let endOfHead else {
            throw Failure("the answer is not HTTP")
        }
        return (status, String(decoding: answer[(endOfHead + 4)...], as: UTF8.self))
    }

    private func connect() throws(Failure) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | AI_NUMERICHOST
        var address: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &address) == 0, let info = address?.pointee else {
            throw Failure("\(host) is not an IP address")
        }
        defer { freeaddrinfo(address) }
        let descriptor = socket(info.ai_family, info.ai_socktype, 0)
        guard descriptor >= 0 else { throw Failure(errno: errno) }
        var limit = timeval(tv_sec: Int(timeout.components.seconds), tv_usec: Int(timeout.components.attoseconds / 1_000_000_000_000))
        // The limit for sending holds for connecting too.
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        guard Glibc.connect(descriptor, info.ai_addr, info.ai_addrlen) == 0 else {
            let number = errno
            close(descriptor)
            throw Failure(errno: number)
        }
        return descriptor
    }

    private func send(_ bytes: [UInt8], to descriptor: Int32) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Failure(errno: errno) }
            rest = rest.dropFirst(count)
        }
    }

    private func receive(from descriptor: Int32, until deadline: ContinuousClock.Instant) throws(Failure) -> [UInt8] {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while answer.count < Self.maximumBytes {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count >= 0 else { throw errno == EAGAIN ? Failure("no answer in time") : Failure(errno: errno) }
            if count == 0 { break }
            guard .now < deadline else { throw Failure("no answer in time") }
            answer.append(contentsOf: buffer.prefix(count))
        }
        return answer
    }
}
