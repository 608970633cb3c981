@testable internal import MLServingCore

extension FuzzTarget {
    /// Result records, lists and single values in each content type: what is read is written, and reads as the same again.
    static let resultRecords = FuzzTarget("result-records") { bytes in
        var input = FuzzInput(bytes)
        let choice = input.byte()
        let codec: any PayloadCodec =
            switch choice % 3 {
            case 0: MessagePackCodec()
            case 1: JSONCodec()
            default: PickleCodec()
            }
        let body = input.remaining()[...]
        checkRecord(body, codec)
        checkList(body, codec)
    }

    /// What a pickle shares becomes values of their own.
    private static func allowance(_ codec: any PayloadCodec) -> Int { codec.contentType == .pickle ? 1 << 26 : 1 << 18 }

    private static func checkRecord(_ body: ArraySlice<UInt8>, _ codec: any PayloadCodec) {
        guard let record = decoding(body.count, factor: 512, allowance: allowance(codec), { try codec.decode(recordFrom: body) }) else {
            return
        }
        let encoded = expectSuccess("a record cannot be encoded") { try codec.encode(record: record) }
        let again = expectSuccess("a record of our own cannot be decoded") { try codec.decode(recordFrom: encoded[...]) }
        expect(again.requestID == record.requestID, "the id changed from \(record.requestID) to \(again.requestID)")
        expect(again.times == record.times, "the times changed")
        expect(again.outcomes == record.outcomes, "the outcomes changed from \(record.outcomes) to \(again.outcomes)")
    }

    private static func checkList(_ body: ArraySlice<UInt8>, _ codec: any PayloadCodec) {
        guard let elements = decoding(body.count, factor: 512, allowance: allowance(codec), { try codec.split(list: body) }) else { return }
        let joined = expectSuccess("elements cannot be joined") { try codec.join(list: elements) }
        let again = expectSuccess("a joined list cannot be split") { try codec.split(list: joined[...]) }
        expect(again == elements, "the elements changed")
        if codec.contentType == .messagePack {
            // JSON is only told apart; MessagePack is framed, so a list of values is a value.
            expectSuccess("a list is no value") { try codec.check(value: body) }
            for element in elements { expectSuccess("an element is no value") { try codec.check(value: element) } }
        }
    }
}
