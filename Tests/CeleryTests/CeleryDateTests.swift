import Testing

@testable import Celery

@Suite("CeleryDate")
struct CeleryDateTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00+00:00", 0), ("2024-02-29T23:59:59.987654+00:00", 1_709_251_199_987),
            ("2026-11-21T17:20:00Z", 1_795_281_600_000),
            ("2026-11-21T19:20:00.5+02:00", 1_795_281_600_500), ("2026-11-21T11:50:00-05:30", 1_795_281_600_000),
            ("2026-11-21T17:20:00", 1_795_281_600_000), ("1969-12-31T23:59:59.999000+00:00", -1),
        ] as [(String, Int64)])
    func momentsArePythonsOwn(text: String, milliseconds: Int64) {
        #expect(CeleryDate.milliseconds(from: text) == milliseconds)
    }

    @Test(arguments: [
        "", "tomorrow", "2026-13-01T00:00:00", "2026-11-21", "2026-11-21T17", "2026-11-21T17:20:00+0", "2026-11-21T17:20:00 UTC",
    ])
    func otherTextsAreNone(text: String) {
        #expect(CeleryDate.milliseconds(from: text) == nil)
    }

    @Test(arguments: [-1, 0, 951_782_400_000, 1_709_251_199_987, 1_795_281_600_001, 4_102_444_799_999] as [Int64])
    func writtenMomentsAreReadAgain(milliseconds: Int64) {
        #expect(CeleryDate.milliseconds(from: CeleryDate.text(ofMilliseconds: milliseconds)) == milliseconds)
    }
}
