import Foundation
import Testing

@testable import MLServing

@Suite("Environment files")
struct EnvironmentFileTests {
    private func values(_ text: String) throws -> [String: String] {
        try EnvironmentFile(path: "some.env", bytes: Array(text.utf8)).entries.mapValues(\.value)
    }

    private func failure(_ bytes: [UInt8]) throws -> ConfigurationError {
        try #require(throws: ConfigurationError.self) { try EnvironmentFile(path: "some.env", bytes: bytes) }
    }

    @Test(arguments: [
        ("A_KEY=one\n", "one"), ("A_KEY=one", "one"), ("A_KEY=one\r\n", "one"), ("\u{FEFF}A_KEY=one\r\n", "one"),
        ("export A_KEY=one", "one"), ("  export \t A_KEY=one", "one"), ("  A_KEY = one  ", "one"), ("\tA_KEY\t=\tone\t\r\n", "one"),
        ("# comment\n\n  # another\nA_KEY=one", "one"), ("A_KEY=one # comment", "one"), ("A_KEY=one\t#comment", "one"),
        ("A_KEY=one#two", "one#two"), ("A_KEY=#one", "#one"), ("A_KEY= #one", ""), ("A_KEY=", ""), ("A_KEY=\r\n", ""),
        ("A_KEY=one two", "one two"), ("A_KEY=(a:1 b:2)", "(a:1 b:2)"), ("A_KEY=a=b", "a=b"), ("A_KEY=a\\b$c`d", "a\\b$c`d"),
        ("A_KEY=it's", "it's"), ("A_KEY=say \"it\"", "say \"it\""),
    ])
    func unquotedValueEndsWithItsLineOrComment(_ text: String, _ value: String) throws {
        #expect(try values(text) == ["A_KEY": value])
    }

    @Test(arguments: [
        ("A_KEY='one'", "one"), ("A_KEY=\"one\"\r\n", "one"), ("A_KEY = \" one \" # comment", " one "), ("A_KEY='a # b'", "a # b"),
        ("A_KEY=''", ""), ("A_KEY='a\\n$b\"c'", "a\\n$b\"c"), ("A_KEY=\"a\\\"b\\\\c\\$d\\`e\"", "a\"b\\c$d`e"),
        ("A_KEY=\"one\r\ntwo\"\n", "one\ntwo"), ("A_KEY='\"quoted\"'", "\"quoted\""), ("A_KEY=\"it's\"", "it's"),
    ])
    func quotedValueIsWhatStandsBetweenTheQuotes(_ text: String, _ value: String) throws {
        #expect(try values(text) == ["A_KEY": value])
    }

    @Test func lastOfSeveralValuesCounts() throws {
        let file = try EnvironmentFile(path: "some.env", bytes: Array("A_KEY=one\n\nA_KEY=two\n".utf8))
        #expect(file.entries == ["A_KEY": EnvironmentFile.Entry(value: "two", line: 3, replacedLine: 1)])
    }

    @Test func linesAreCountedThroughQuotes() throws {
        let file = try EnvironmentFile(path: "some.env", bytes: Array("A_KEY='one\n\ntwo' # comment\nexport B_KEY=3".utf8))
        #expect(file.entries["B_KEY"]?.line == 4)
    }

    @Test(arguments: [
        ("OTHER=1\nA_KEY='s3cret", 2, "A_KEY", "nothing closes"), ("A_KEY=\"s3cret\" s3cret", 1, "A_KEY", "follows the quote"),
        ("A_KEY='s3cret'#comment", 1, "A_KEY", "follows the quote"), ("A_KEY='s3'cret", 1, "A_KEY", "follows the quote"),
        ("A_KEY=\"s3cret\\n\"", 1, "A_KEY", "backslash"), ("\ns3cret\n", 2, SettingsReader.filesKey, "no ="),
        ("REDIS_PASSWORD s3cret", 1, SettingsReader.filesKey, "no ="), ("REDIS_PASSWORD: s3cret=1", 1, SettingsReader.filesKey, "no key"),
        ("=s3cret", 1, SettingsReader.filesKey, "no key"), ("1KEY=s3cret", 1, SettingsReader.filesKey, "no key"),
        ("export 1=s3cret", 1, SettingsReader.filesKey, "no key"), ("A_KEY=s3cret\0", 1, SettingsReader.filesKey, "control character 0"),
        ("X=1\nA_KEY=s3cret\rB=2\n", 2, SettingsReader.filesKey, "control character 13"),
    ])
    func lineThatIsNoSettingIsNamedWithoutItsValue(_ text: String, _ line: Int, _ key: String, _ reason: String) throws {
        let error = try failure(Array(text.utf8))
        #expect(error.key == key)
        #expect(error.message.hasPrefix("some.env:\(line): ") && error.message.contains(reason), "\(error)")
        #expect(!"\(error)".contains("s3"))
    }

    @Test func fileThatIsNoTextIsRefused() throws {
        #expect(try failure(Array("A=1\nB=s3cret".utf8) + [0xE9, 10]).message == "some.env:2: the line is not UTF-8")
        #expect(try failure([0xFF, 0xFE, 65, 0]).message.contains("UTF-16"))
        #expect(try failure([UInt8](repeating: 35, count: EnvironmentFile.largest + 1)).message.contains("larger than"))
    }

    @Test(arguments: [
        ("/no/such/file", "No such file"), ("/", "directory"), ("/dev/zero", "no regular file"), ("/proc/self/mem", "cannot be read"),
    ])
    func fileThatCannotBeReadIsNamed(_ path: String, _ reason: String) async throws {
        let error = await #expect(throws: ConfigurationError.self) { try await SettingsReader(files: [path]) }
        #expect(error?.key == SettingsReader.filesKey)
        #expect(error?.message.contains(path) == true && error?.message.contains(reason) == true, "\(String(describing: error))")
    }

    @Test func fileThatIsTooLargeIsNotReadWhole() async throws {
        try await withSparseFile(bytes: 1 << 40) { path in
            let error = await #expect(throws: ConfigurationError.self) { try await SettingsReader(files: [path]) }
            #expect(error?.message.contains("larger than") == true, "\(String(describing: error))")
        }
    }

    private func withSparseFile(bytes: Int, _ body: (String) async throws -> Void) async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("mlserving-test-\(UUID().uuidString).env")
        try #require(FileManager.default.createFile(atPath: file.path, contents: Data("#".utf8)))
        defer { try? FileManager.default.removeItem(at: file) }
        let handle = try FileHandle(forWritingTo: file)
        try handle.truncate(atOffset: UInt64(bytes))
        try handle.close()
        try await body(file.path)
    }

    @Test func nullDeviceIsAnEmptyFile() async throws {
        #expect(try await SettingsReader(files: ["/dev/null"]).string("NO_SUCH_KEY") == nil)
    }

    @Test func placeOfAMalformedValueIsTold() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("mlserving-test-\(UUID().uuidString).env")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("# first\r\nMAX_CRASHES=many\r\n".utf8).write(to: file)
        let reader = try await SettingsReader(files: [file.path])
        let error = #expect(throws: ConfigurationError.self) { try ServingSettings(from: reader) }
        #expect(error?.key == "MAX_CRASHES")
        #expect(error?.message.contains("\"many\"") == true && error?.message.hasSuffix("(\(file.path):2)") == true)
    }
}
