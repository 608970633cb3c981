import Foundation
import Synchronization
import Testing

@Suite("Simulation", .timeLimit(.minutes(10)))
struct SimulationTests {
    /// The seeds to run: `SIMULATION_SEED=7` runs one, `SIMULATION_COUNT=100000` so many.
    private static let seeds: Range<UInt64> = {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["SIMULATION_SEED"].flatMap(UInt64.init) { return seed..<seed + 1 }
        return 0..<(environment["SIMULATION_COUNT"].flatMap(UInt64.init) ?? 200)
    }()

    @Test func everythingComesToItsRightEnd() async {
        let threadCount = min(ProcessInfo.processInfo.activeProcessorCount, Self.seeds.count)
        let next = NextSeed()
        await withTaskGroup(of: (failures: [String], answered: Int).self) { group in
            for _ in 0..<threadCount {
                group.addTask {
                    // A simulation blocks its thread, which must not be one that other tests need.
                    await withCheckedContinuation { continuation in
                        Thread.detachNewThread { continuation.resume(returning: Self.simulate(next)) }
                    }
                }
            }
            let (failures, answered) = await group.reduce(into: ([], 0)) { $0 = ($0.0 + $1.failures, $0.1 + $1.answered) }
            #expect(failures == [])
            #expect(answered >= Self.seeds.count)
        }
    }

    private static func simulate(_ next: NextSeed) -> (failures: [String], answered: Int) {
        var result: (failures: [String], answered: Int) = ([], 0)
        while case let seed = seeds.lowerBound + next.take(), seeds.contains(seed) {
            do {
                result.answered += try SimulatedWorld(seed: seed).run()
            } catch {
                result.failures.append("SIMULATION_SEED=\(seed): \(error)")
            }
        }
        return result
    }
}

/// Hands out numbers from 0 on.
private final class NextSeed: Sendable {
    private let next = Atomic<UInt64>(0)

    func take() -> UInt64 {
        next.add(1, ordering: .relaxed).oldValue
    }
}
