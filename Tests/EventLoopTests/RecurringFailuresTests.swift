import EventLoop
import Testing

@Suite("RecurringFailures")
struct RecurringFailuresTests {
    private let start = ContinuousClock.now

    /// At which seconds of two hours a failure is logged that happens each second.
    private func lines(_ failures: RecurringFailures, of failure: String) -> [Int] {
        (0..<7_200).filter { failures.isWorthLogging(failure, at: start + .seconds($0)) }
    }

    @Test func failureIsLoggedAtOnceAndThenLessAndLess() {
        #expect(
            lines(RecurringFailures(), of: "away") == [
                0, 10, 30, 70, 150, 310, 630, 1_230, 1_830, 2_430, 3_030, 3_630, 4_230, 4_830, 5_430, 6_030, 6_630,
            ])
    }

    @Test func anotherFailureIsLoggedAtOnce() {
        let failures = RecurringFailures()
        #expect(failures.isWorthLogging("away", at: start))
        #expect(failures.isWorthLogging("refused", at: start))
        #expect(!failures.isWorthLogging("away", at: start) && !failures.isWorthLogging("refused", at: start))
    }

    @Test func successStartsOver() {
        let failures = RecurringFailures()
        #expect(failures.isWorthLogging("away", at: start))
        failures.reset()
        #expect(failures.isWorthLogging("away", at: start))
    }

    @Test func failuresWithoutEndAreForgotten() {
        let failures = RecurringFailures()
        for number in 0..<64 { #expect(failures.isWorthLogging("\(number)", at: start)) }
        #expect(!failures.isWorthLogging("0", at: start))
        #expect(failures.isWorthLogging("64", at: start))
        #expect(failures.isWorthLogging("0", at: start))
    }
}
