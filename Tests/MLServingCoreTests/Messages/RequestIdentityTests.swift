import Digests
import EventLoop
import Testing

@testable import MLServingCore

@Suite("RequestIdentity")
struct RequestIdentityTests {
    private func identity(_ id: String?, _ destination: ResultDestination?) -> RequestIdentity? {
        RequestIdentity(Message(body: [], messageID: id), foreign: nil, destination: destination)
    }

    @Test func idAndAddressTogetherIdentify() {
        let here = ResultDestination.reply(queue: "q", correlationID: "c")
        #expect(identity("1", here) == identity("1", here))
        #expect(identity("1", here) != identity("2", here))
        #expect(identity("1", here) != identity("1", .reply(queue: "q", correlationID: nil)))
        #expect(identity(nil, here) == nil && identity("1", nil) == nil)
        let template = Message(body: [], headers: [MessageHeader.templateMessageID: .string("t")])
        #expect(RequestIdentity(template, foreign: nil, destination: .store(key: "t"))?.id == "t")
    }

    /// To Swift they are the same text, to the store they are two keys.
    @Test func addressesAreComparedByBytes() {
        #expect(identity("1", .store(key: "mlserving:\u{e9}")) != identity("1", .store(key: "mlserving:e\u{301}")))
    }

    @Test func indexFindsAllRequestsThatAMarkCancels() {
        var index = HeldRequestIndex()
        let first = identity("1", .store(key: "k"))
        index.insert(1, identity: first, cancelName: "k")
        index.insert(2, identity: first, cancelName: "k")
        #expect(index.requests(cancelledBy: "k") == [1, 2])
        index.remove(2, identity: first, cancelName: "k")
        if let first { #expect(index.request(first) == 1) }
        index.remove(1, identity: first, cancelName: "k")
        if let first { #expect(index.request(first) == nil) }
        #expect(index.requests(cancelledBy: "k").isEmpty)
    }

    /// Whoever knows a key may publish a message that names it, and that consumers die of: the one whose key it is is not found guilty.
    @Test func messageWithAnothersKeyIsNotConvictedWithIt() async {
        let executor = InMemoryServer().transport().executor
        func digest(_ id: String, _ body: [UInt8]) -> SHA256Digest {
            let message = Message(body: body, messageID: id, headers: [MessageHeader.resultKey: .string("mlserving:k")])
            let delivery = Delivery(message: message, tag: DeliveryTag(generation: 1, number: 1), deliveryCount: 0)
            let encoding = RequestEncoding(message, codecs: .standard)
            return ActiveRequest(
                key: 1, delivery: delivery, from: .suspects, destination: .store(key: "mlserving:k"), encoding: encoding, executor: executor
            ).digest
        }
        #expect(digest("1", [1]) == digest("1", [1]))
        #expect(Set([digest("1", [1]), digest("2", [1]), digest("1", [2])]).count == 3)
    }
}
