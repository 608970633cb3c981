import Foundation
import Pickle
import Testing

/// Input that is cut or damaged at random, from fixed seeds.
@Suite(.timeLimit(.minutes(5)))
struct PickleRobustnessTests {
    private static let corpus: [[UInt8]] = {
        var pickles = RecordedPickle.all.map(\.pickle)
        for seed in UInt64(0)..<60 {
            var random = RandomValues(seed: seed)
            let value = try? random.value(kind: Int(seed) % RandomValues.kinds)
            let version: PickleWriter.ProtocolVersion = seed % 2 == 0 ? .two : .four
            if let value, let pickle = try? PickleWriter(protocolVersion: version).write(value) { pickles.append(pickle) }
        }
        return pickles
    }()

    @Test func everyTruncationIsRefused() {
        for pickle in Self.corpus {
            for length in 0..<pickle.count {
                let error = #expect(throws: PickleError.self) { try PickleReader().read(pickle[..<length]) }
                #expect((error?.offset ?? 0) <= length)
            }
        }
    }

    /// A process of its own with bounded memory, so that an allocation that some damaged length asks for fails the test.
    @Test(arguments: 0..<4)
    func damagedPicklesAreReadOrRefused(seed: Int) async {
        await #expect(processExitsWith: .success) { [seed] in
            let allowed = try Self.addressSpace() + 256 << 20
            var limit = rlimit(rlim_cur: rlim_t(allowed), rlim_max: rlim_t(allowed))
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0)
            var generator = SeededGenerator(seed: UInt64(seed))
            var accepted = 0
            for _ in 0..<80_000 {
                let pickle = Self.mutated(using: &generator)
                guard let value = try? PickleReader().read(pickle) else { continue }
                accepted += 1
                // Whatever is accepted is a plain value: it can be written, and reads back as the same.
                let written = try PickleWriter().write(value)
                try #require(CanonicalForm.of(try PickleReader().read(written)) == CanonicalForm.of(value), "\(hex(pickle))")
            }
            try #require(accepted > 1000)
        }
    }

    private static func mutated(using generator: inout SeededGenerator) -> [UInt8] {
        var pickle = Self.corpus.randomElement(using: &generator)!
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            guard !pickle.isEmpty else { break }
            let index = Int.random(in: 0..<pickle.count, using: &generator)
            switch Int.random(in: 0..<7, using: &generator) {
            case 0: pickle[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: pickle[index] = UInt8.random(in: 0...255, using: &generator)
            case 2: pickle.remove(at: index)
            case 3:
                pickle.insert(
                    program("(.012aebdehgjlpqrtsu}])NRc\u{85}\u{86}\u{87}\u{88}\u{8f}\u{90}\u{91}\u{93}\u{94}").randomElement(
                        using: &generator)!, at: index)
            case 4: pickle[index] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &generator)!
            case 5:
                let other = Self.corpus.randomElement(using: &generator)!
                pickle = Array(pickle[..<index]) + other[Int.random(in: 0..<other.count, using: &generator)...]
            default:
                let end = min(pickle.count, index + Int.random(in: 1...20, using: &generator))
                pickle.insert(contentsOf: pickle[index..<end], at: Int.random(in: 0..<pickle.count, using: &generator))
            }
        }
        return pickle
    }

    /// The memory the process has mapped, in bytes.
    private static func addressSpace() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmSize:") })
        return try #require(Int(line.split(separator: " ").dropLast().last ?? "")) << 10
    }
}
