import Foundation
import Synchronization
import Testing

@Suite("Simulation", .timeLimit(.minutes(10)))
struct SimulationTests {
    /// The seeds to run: `SIMULATION_SEED=7` runs one, `SIMULATION_COUNT=100000` so many.
    private static var seeds: Range<UInt64> {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["SIMULATION_SEED"].flatMap(UInt64.init) { return seed..<seed + 1 }
        return 0..<(environment["SIMULATION_COUNT"].flatMap(UInt64.init) ?? 10_000)
    }

    @Test func everythingComesToItsRightEnd() async {
        let results = Mutex<(failures: [String], answered: Int)>(([], 0))
        // Each simulation runs on one thread: as many at once as there are processors.
        DispatchQueue.concurrentPerform(iterations: Self.seeds.count) { offset in
            let seed = Self.seeds.lowerBound + UInt64(offset)
            do {
                let count = try SimulatedWorld(seed: seed).run()
                results.withLock { $0.answered += count }
            } catch {
                results.withLock { $0.failures.append("SIMULATION_SEED=\(seed): \(error)") }
            }
        }
        let (failures, answered) = results.withLock { $0 }
        #expect(failures == [])
        #expect(answered >= Self.seeds.count)
    }
}
