import Testing

@testable import TLS

@Suite("TLSSession")
struct TLSSessionTests {
    private func session(host: String, serverName: String? = nil) throws -> TLSSession {
        try TLSSession(TLSContext(TLSConfiguration(serverName: serverName), host: host))
    }

    /// What a session has to say to its peer.
    private func output(of session: TLSSession) -> [UInt8] {
        var bytes: [UInt8] = []
        session.drain { piece in
            bytes += piece
            return piece.count
        }
        return bytes
    }

    private func feed(_ bytes: [UInt8], to session: TLSSession) {
        session.fill { room in
            room.copyBytes(from: bytes)
            return bytes.count
        }
    }

    @Test func handshakeBeginsWithAHelloThatNamesTheServer() throws {
        let session = try session(host: "redis.example")
        #expect(try session.shakeHands() == false)
        #expect(session.holdsOutput)
        let hello = output(of: session)
        #expect(hello.first == 22)
        #expect(hello.contains(Array("redis.example".utf8)))
        #expect(!session.holdsOutput)
    }

    @Test(arguments: ["192.0.2.17", "2001:db8::17"])
    func addressIsNotNamed(_ host: String) throws {
        let session = try session(host: host)
        #expect(try session.shakeHands() == false)
        #expect(!output(of: session).contains(Array(host.utf8)))
    }

    @Test func serverNameIsNamedInsteadOfTheHost() throws {
        let session = try session(host: "192.0.2.17", serverName: "redis.example")
        #expect(try session.shakeHands() == false)
        #expect(output(of: session).contains(Array("redis.example".utf8)))
    }

    @Test func peerThatDoesNotSpeakTLSIsNamed() throws {
        let session = try session(host: "redis.example")
        #expect(try session.shakeHands() == false)
        feed(Array("-ERR unknown command\r\n".utf8), to: session)
        let error = try #require(throws: TLSError.self) { try session.shakeHands() }
        #expect(error.reason == .notTLS)
    }

    @Test func failedSessionStaysFailed() throws {
        let session = try session(host: "redis.example")
        #expect(try session.shakeHands() == false)
        feed([UInt8](repeating: 255, count: 100), to: session)
        #expect(throws: TLSError.self) { try session.shakeHands() }
        #expect(throws: TLSError.self) { try session.shakeHands() }
        #expect(throws: TLSError.self) { try [UInt8](repeating: 0, count: 10).withUnsafeBytes { try session.write($0) } }
        session.close()
    }

    @Test func nothingIsWrittenBeforeTheHandshakeIsDone() throws {
        let session = try session(host: "redis.example")
        #expect(try session.shakeHands() == false)
        _ = output(of: session)
        let taken = try Array("secret".utf8).withUnsafeBytes { try session.write($0) }
        #expect(taken == 0)
        #expect(!session.holdsOutput)
    }

    @Test func roomForThePeersBytesIsBounded() throws {
        let session = try session(host: "redis.example")
        #expect(try session.shakeHands() == false)
        var total = 0
        for _ in 0..<10 {
            session.fill { room in
                total += room.count
                return room.count
            }
        }
        #expect(total == TLSSession.capacity)
        #expect(session.holdsInput)
    }

    @Test func whatIsNotTakenStays() throws {
        let session = try session(host: "redis.example")
        #expect(try session.shakeHands() == false)
        var first: [UInt8] = []
        session.drain { piece in
            first += piece.prefix(5)
            return 5
        }
        let rest = output(of: session)
        // Type 22, and the length of what follows.
        #expect(first.first == 22)
        #expect(Int(first[3]) << 8 | Int(first[4]) == rest.count)
    }
}
