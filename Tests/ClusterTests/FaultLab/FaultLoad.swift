import Foundation
import MLServing
import Synchronization

/// Many callers who ask one question after the other, until enough has gone wrong and enough has been answered.
final class FaultLoad: Sendable {
    /// What became of the questions.
    struct Tally: Sendable {
        var requests = 0
        /// How many times each was answered, by its number.
        var answers: [UInt8] = []
        var wrong = 0
        /// Clear errors, by their code.
        var errors: [String: Int] = [:]
        /// Whatever else was thrown.
        var others: [String] = []
        var worstWait = Duration.zero
        var faults = 0

        /// Those that have neither an answer nor a clear error.
        var lost: Int { requests - answers.count { $0 > 0 } - wrong - errors.values.reduce(0, +) }
        var duplicated: Int { answers.count { $0 > 1 } }

        /// A line of the table of run_faults.sh.
        func row(_ fault: String) -> String {
            let errors = errors.isEmpty ? "-" : errors.sorted { $0.key < $1.key }.map { "\($0.value)_\($0.key)" }.joined(separator: ",")
            let wait = String(format: "%.1f", Double(worstWait.components.seconds) + Double(worstWait.components.attoseconds) / 1e18)
            return [fault, "\(faults)", "\(requests)", "\(lost)", "\(duplicated)", "\(wrong)", errors, wait].joined(separator: "\t")
        }
    }

    static let timeout = Duration.seconds(60)

    private let client: ProducerClient<Int, Int>
    private let timeout: Duration
    private let state = Mutex((tally: Tally(), isOver: false))

    init(_ client: ProducerClient<Int, Int>, timeout: Duration = FaultLoad.timeout) {
        self.client = client
        self.timeout = timeout
    }

    var tally: Tally { state.withLock { $0.tally } }

    /// Asks from so many tasks at once while `faults` does its work again and again.
    ///
    /// - Parameters:
    ///   - requests: How many questions there are at least.
    ///   - count: How many times `fault` is called at least.
    func run(requests: Int, faults count: Int, callers: Int = 64, fault: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<callers {
                group.addTask { while let number = self.next() { await self.ask(number) } }
            }
            do {
                repeat {
                    try await fault()
                    state.withLock { $0.tally.faults += 1 }
                } while tally.faults < count || tally.requests < requests
            } catch {
                state.withLock { $0.isOver = true }
                throw error
            }
            state.withLock { $0.isOver = true }
            try await group.waitForAll()
        }
    }

    private func next() -> Int? {
        state.withLock { state in
            if state.isOver { return nil }
            state.tally.answers.append(0)
            state.tally.requests += 1
            return state.tally.requests - 1
        }
    }

    private func ask(_ number: Int) async {
        let start = ContinuousClock.now
        let result: Result<Int, any Error>
        do { result = .success(try await client.predict(number, timeout: timeout)) } catch { result = .failure(error) }
        let wait = start.duration(to: .now)
        state.withLock { state in
            state.tally.worstWait = max(state.tally.worstWait, wait)
            switch result {
            case .success(number): state.tally.answers[number] += 1
            case .success: state.tally.wrong += 1
            case .failure(let error as ServingError): state.tally.errors["\(error.code)", default: 0] += 1
            case .failure(let error): state.tally.others.append("\(error)")
            }
        }
    }
}
