import Foundation
import Testing

@testable import TextModels

@Suite struct MappedModelTests {
    /// A skip-gram model with a bucket for each sub-word: 64 GiB, more than most machines have memory. The file has holes in place of
    /// its rows, so it takes none of that on disk.
    private static func write(to directory: TemporaryDirectory) throws -> (path: String, size: Int) {
        var model = SyntheticModel(words: [("one", [Float](repeating: 1, count: 64))])
        model.bucketCount = 1 << 28
        model.minimumSubwordLength = 3
        model.maximumSubwordLength = 3
        let rowSize = 64 * 4
        model.claimedInputRows = Int64(model.bucketCount) + 1
        let bytes = model.bytes
        // Behind the rows come the output matrix' flag, its two sizes and its only row.
        let tail = Array(bytes.suffix(1 + 16 + rowSize))
        let path = try directory.write(bytes.dropLast(tail.count), to: "m.bin")
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        defer { try? file.close() }
        try file.seek(toOffset: UInt64(bytes.count - tail.count + Int(model.bucketCount) * rowSize))
        try file.write(contentsOf: tail)
        return (path, Int(try file.offset()))
    }

    /// The sizes, in KiB, that the kernel gives for the mapping of a file.
    private static func mapping(of path: String) throws -> [String: Int] {
        // Read in pieces until its end: the kernel does not know its size before.
        let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/smaps"))
        var text = ""
        while let piece = try file.read(upToCount: 1 << 16), !piece.isEmpty { text += String(decoding: piece, as: UTF8.self) }
        let lines = text.split(separator: "\n").drop { !$0.hasSuffix(path) }.dropFirst().prefix { $0.hasSuffix(" kB") }
        return lines.reduce(into: [:]) { sizes, line in
            let fields = line.split(separator: " ")
            sizes[String(fields[0].dropLast())] = Int(fields[1])
        }
    }

    @Test func aModelLargerThanMemoryIsMappedAndOnlyTouchedPagesAreResident() throws {
        let directory = try TemporaryDirectory()
        let (path, size) = try Self.write(to: directory)
        #expect(size > 64 << 30)
        let model = try FastTextModel(path: path)
        for number in 0..<20 { #expect(model.vector(of: "word\(number)").allSatisfy { $0 == 0 }) }
        #expect(model.vector(of: "one")[0] == 0.25)
        #expect(model.sentenceVector(of: "one").allSatisfy { $0 == 0.125 })

        let sizes = try withExtendedLifetime(model) { try Self.mapping(of: path) }
        let resident = try #require(sizes["Rss"])
        #expect(resident > 0)
        // Some 100 rows, and for each what the kernel maps around it.
        #expect(resident < 100 * 128)
        // Nothing of it belongs to this process alone, so others that open the file share it.
        #expect(sizes["Anonymous"] == 0)
    }
}
