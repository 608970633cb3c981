import Testing

@testable import MLServingCore

@Suite("SharedPredictions")
struct SharedPredictionsTests {
    private func key(_ number: UInt8) throws -> CacheKey {
        try CacheKey([number], encodedBy: MessagePackCodec(), outputType: .messagePack, for: ResultCaching(model: "m", version: "1"))
    }

    private func work(_ request: UInt64, _ index: Int = 0) -> PredictionWork {
        PredictionWork(
            request: request, index: index,
            origin: RequestOrigin(id: "\(request)", attempt: 1, content: RequestContent(), headers: [:]), input: [1],
            codec: MessagePackCodec(), outputCodec: MessagePackCodec(), deadline: nil)
    }

    @Test func onlyTheFirstOfEqualInputsLeads() throws {
        var shared = SharedPredictions()
        let (one, two) = (try key(1), try key(2))
        let leads = [shared.lead(work(1), under: one), shared.lead(work(2), under: one), shared.lead(work(3), under: two)]
        #expect(leads == [true, false, true])
        let followers = shared.land(work(1), under: one).map(\.request)
        #expect(followers == [2])
        let leadsAfterwards = shared.lead(work(4), under: one)
        #expect(leadsAfterwards)
    }

    @Test func whoDoesNotLeadEndsNothing() throws {
        var shared = SharedPredictions()
        let one = try key(1)
        _ = shared.lead(work(1), under: one)
        _ = shared.lead(work(2), under: one)
        let followers = [work(2), work(1, 1), work(1)].map { shared.land($0, under: one).count }
        #expect(followers == [0, 0, 1])
        #expect(shared.isEmpty)
    }

    @Test func requestThatIsOverLeadsNobody() throws {
        var shared = SharedPredictions()
        for index in 0..<3 { _ = shared.lead(work(1, index), under: try key(UInt8(index))) }
        for index in 0..<3 { _ = shared.lead(work(2, index), under: try key(UInt8(index))) }
        _ = shared.land(work(1, 1), under: try key(1))
        let followers = [Set(shared.landAll(ledBy: 1).map(\.index)), Set(shared.landAll(ledBy: 1).map(\.index))]
        #expect(followers == [[0, 2], []])
        #expect(shared.isEmpty)
    }

    @Test func keysTellModelVersionContentTypeAndValueApart() throws {
        let one: ArraySlice<UInt8> = [0x31]
        var keys: Set<String> = []
        for (model, version) in [("m", "1"), ("m", "2"), ("m1", ""), ("", "m1")] {
            for codec in [MessagePackCodec(), JSONCodec()] as [any PayloadCodec] {
                keys.insert(
                    try CacheKey(one, encodedBy: codec, outputType: codec.contentType, for: ResultCaching(model: model, version: version))
                        .storeKey(queue: "q"))
            }
        }
        #expect(keys.count == 8)
    }
}
