internal import EventLoop
internal import Glibc

/// One connection of a client, from its request to the answer. Owns its descriptor; belongs to the server's thread.
final class HTTPConnection {
    private enum State {
        case reading(HTTPRequestReader)
        case writing([UInt8], written: Int)
        /// Everything is said. What the client still sends is read for a while: closing with it unread would reset the connection, and the
        /// answer with it.
        case lingering(read: Int)
        case closed
    }

    /// What a connection waits for.
    enum Need {
        case readable
        case writable
        /// Nothing: it is done.
        case nothing
    }

    /// How much is read of what follows a request.
    private static let maximumLingeringBytes = 65_536

    let descriptor: Int32
    let client: ClientAddress
    let opened: ContinuousClock.Instant
    private let respond: (HTTPRequest) -> HTTPResponse
    private var state = State.reading(HTTPRequestReader())

    init(
        descriptor: Int32, client: ClientAddress, opened: ContinuousClock.Instant, respond: @escaping (HTTPRequest) -> HTTPResponse
    ) {
        self.descriptor = descriptor
        self.client = client
        self.opened = opened
        self.respond = respond
    }

    deinit {
        close()
    }

    func close() {
        if case .closed = state { return }
        state = .closed
        Glibc.close(descriptor)
    }

    /// Goes on as far as the socket allows.
    func advance() -> Need {
        while true {
            switch state {
            case .reading(var reader):
                var buffer = [UInt8](repeating: 0, count: 2_048)
                guard let count = receive(&buffer) else { return .readable }
                if count == 0 { return .nothing }
                let progress = reader.read(buffer.prefix(count))
                state = .reading(reader)
                switch progress {
                case .incomplete: continue
                case .request(let request): state = .writing(respond(request).bytes(hasBody: request.method != "HEAD"), written: 0)
                case .refused(let status): state = .writing(HTTPResponse.plain(status).bytes(hasBody: true), written: 0)
                }
            case .writing(let bytes, let written):
                if written == bytes.count {
                    shutdown(descriptor, Int32(SHUT_WR))
                    state = .lingering(read: 0)
                    continue
                }
                guard let count = send(bytes[written...]) else { return .writable }
                if count == 0 { return .nothing }
                state = .writing(bytes, written: written + count)
            case .lingering(let read):
                var buffer = [UInt8](repeating: 0, count: 2_048)
                guard let count = receive(&buffer) else { return .readable }
                if count == 0 || read + count > Self.maximumLingeringBytes { return .nothing }
                state = .lingering(read: read + count)
            case .closed:
                return .nothing
            }
        }
    }

    /// `nil` when nothing has arrived; 0 at the end of the stream, or when the connection has failed.
    private func receive(_ buffer: inout [UInt8]) -> Int? {
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count >= 0 { return count }
            if errno == EAGAIN || errno == EWOULDBLOCK { return nil }
            if errno != EINTR { return 0 }
        }
    }

    /// `nil` when there is no room; 0 when the connection has failed.
    private func send(_ bytes: ArraySlice<UInt8>) -> Int? {
        while true {
            let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count >= 0 { return count }
            if errno == EAGAIN || errno == EWOULDBLOCK { return nil }
            if errno != EINTR { return 0 }
        }
    }
}
