import Testing

@testable import TLS

@Suite("BorrowedTLSSession")
struct BorrowedTLSSessionTests {
    private let context: TLSContext

    init() throws {
        context = try TLSContext(TLSConfiguration(), host: "rabbit.example")
    }

    private func borrow() -> BorrowedTLSSession? {
        BorrowedTLSSession(of: context.pointer, configuration: context.configuration, host: context.host)
    }

    private func read(_ session: BorrowedTLSSession) -> BorrowedTLSSession.Progress {
        var bytes = [UInt8](repeating: 0, count: 100)
        return bytes.withUnsafeMutableBytes { session.read(into: $0) }
    }

    private func write(_ text: String, _ session: BorrowedTLSSession) -> BorrowedTLSSession.Progress {
        Array(text.utf8).withUnsafeBytes { session.write($0) }
    }

    @Test func thereIsNoneBeforeTheHandshakeBegins() throws {
        let owner = try TLSSession(context)
        #expect(borrow() == nil)
        #expect(try owner.shakeHands() == false)
        #expect(borrow() != nil)
    }

    @Test func writesMayNeedInput() throws {
        let owner = try TLSSession(context)
        #expect(try owner.shakeHands() == false)
        let session = try #require(borrow())
        guard case .needsInput = write("secret", session), case .needsInput = read(session) else {
            Issue.record("something was moved before the handshake was done")
            return
        }
    }

    @Test func failureIsExplainedWithoutWhatWasSent() throws {
        let owner = try TLSSession(context)
        #expect(try owner.shakeHands() == false)
        let session = try #require(borrow())
        owner.fill { room in
            room.copyBytes(from: Array("-ERR secret\r\n".utf8))
            return 13
        }
        guard case .failed(let reason) = read(session) else {
            Issue.record("what is not TLS was taken")
            return
        }
        #expect(reason.contains("does not speak TLS"))
        #expect(!reason.contains("secret"))
    }
}
