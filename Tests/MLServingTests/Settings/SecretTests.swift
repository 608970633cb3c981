import Foundation
import MLServing
import Testing

@Suite("Secrets")
struct SecretTests {
    @Test func valueIsTakenAsItIs() throws {
        #expect(try SettingsReader(values: ["RABBIT_PASSWORD": "s3cret"]).secret("RABBIT_PASSWORD") == "s3cret")
        #expect(try SettingsReader(values: [:]).secret("RABBIT_PASSWORD") == nil)
    }

    @Test(arguments: [
        ("s3cret", "s3cret"), ("s3cret\n", "s3cret"), ("s3cret\r\n", "s3cret"), ("s3cret\n\n", "s3cret\n"), (" s3 cret ", " s3 cret "),
        ("\"quoted\"\n", "\"quoted\""), ("geheimnisvoll ü\n", "geheimnisvoll ü"),
    ])
    func fileLosesItsLastNewlineAndNothingElse(_ contents: String, _ secret: String) throws {
        try withTemporaryFile(contents) { path throws in
            #expect(try SettingsReader(values: ["REDIS_PASSWORD_FILE": path]).secret("REDIS_PASSWORD") == secret)
        }
    }

    @Test(arguments: [([], "is empty"), ([10], "is empty"), ([115, 51, 0, 99], "no text"), ([115, 51, 255, 254], "no text")])
    func fileWithoutATextIsRefusedWithoutBeingShown(_ contents: [UInt8], _ reason: String) throws {
        try withTemporaryFile(contents) { path in
            let error = try #require(throws: ConfigurationError.self) {
                try SettingsReader(values: ["REDIS_PASSWORD_FILE": path]).secret("REDIS_PASSWORD")
            }
            #expect(error.key == "REDIS_PASSWORD_FILE")
            #expect(error.message.contains(path) && error.message.contains(reason))
            #expect(!error.message.contains("s3"))
        }
    }

    @Test(arguments: [("/no/such/file", "No such file"), ("/", "directory"), ("/dev/zero", "no regular file")])
    func fileThatCannotBeReadIsNamed(_ path: String, _ reason: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try SettingsReader(values: ["RABBIT_PASSWORD_FILE": path]).secret("RABBIT_PASSWORD")
        }
        #expect(error.key == "RABBIT_PASSWORD_FILE")
        #expect(error.message.contains(path) && error.message.contains(reason), "\(error)")
    }

    @Test func valueBesideItsFileIsAmbiguous() throws {
        try withTemporaryFile("one") { path in
            let error = try #require(throws: ConfigurationError.self) {
                try SettingsReader(values: ["RABBIT_PASSWORD": "another", "RABBIT_PASSWORD_FILE": path]).secret("RABBIT_PASSWORD")
            }
            #expect(error.key == "RABBIT_PASSWORD_FILE")
            #expect(error.message.contains("RABBIT_PASSWORD"))
            #expect(!error.message.contains("another"))
        }
    }

    @Test func emptyValueBesideAFileCountsAsNone() throws {
        try withTemporaryFile("one") { path throws in
            let reader = SettingsReader(values: ["RABBIT_PASSWORD": "", "RABBIT_PASSWORD_FILE": path])
            #expect(try reader.secret("RABBIT_PASSWORD") == "one")
        }
    }

    // Overrides stand for the environment here: both come before the files.
    @Test func earlierSourceDecidesWhicheverOfTheTwoItHas() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("mlserving-test-\(UUID().uuidString).env")
        let secret = FileManager.default.temporaryDirectory.appendingPathComponent("mlserving-test-\(UUID().uuidString)")
        defer { for url in [file, secret] { try? FileManager.default.removeItem(at: url) } }
        try Data("from the file".utf8).write(to: secret)
        try Data("SOME_PASSWORD=guest\nOTHER_PASSWORD_FILE=/no/such/file\n".utf8).write(to: file)
        let overrides = ["SOME_PASSWORD_FILE": secret.path, "OTHER_PASSWORD": "value"]
        let reader = try await SettingsReader(files: [file.path], overrides: overrides)
        #expect(try reader.secret("SOME_PASSWORD") == "from the file")
        #expect(try reader.secret("OTHER_PASSWORD") == "value")
    }
}
