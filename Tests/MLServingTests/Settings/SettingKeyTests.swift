import Foundation
import Testing

@testable import MLServing

@Suite("Setting keys")
struct SettingKeyTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..").standardized

    /// The text of a file, or of all Swift files in a folder, of this package.
    private func text(of path: String) throws -> String {
        let url = Self.root.appendingPathComponent(path)
        guard path.hasPrefix("Sources") else { return try String(contentsOf: url, encoding: .utf8) }
        return try FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasSuffix("+Reader.swift") || $0.lastPathComponent.hasPrefix("SettingsReader") }
            .map { try String(contentsOf: $0, encoding: .utf8) }.joined()
    }

    @Test func nameStandsOnce() {
        let names = SettingKey.all.flatMap(\.names)
        #expect(Set(names).count == names.count)
    }

    @Test func variablesFileListsEveryKeyWithItsDefault() throws {
        let lines = try text(of: "variables.env").split(separator: "\n")
        var listed: [String: String] = [:]
        for line in lines {
            guard let match = line.wholeMatch(of: /(?:# )?([A-Z][A-Z_]+)=(.*)/) else { continue }
            listed[String(match.1)] = String(match.2)
        }
        for key in SettingKey.all where key.name != SettingsReader.filesKey {
            let value = try #require(listed[key.name], "variables.env lacks \(key.name)")
            #expect(value.isEmpty || key.standard == nil || value == key.standard, "\(key.name) has \(value) there")
        }
        let known = Set(SettingKey.all.flatMap(\.names))
        for name in listed.keys { #expect(known.contains(name), "the table lacks \(name)") }
    }

    @Test func everyKeyThatIsReadIsInTheTable() throws {
        let known = Set(SettingKey.all.flatMap(\.names))
        let source = try text(of: "Sources/MLServing/Settings") + text(of: "Sources/MLServingHealth")
        let read = source.matches(of: /\("([A-Z]+_[A-Z_]+|CELERY|COMPRESSION|COALESCE)"/).map { String($0.1) }
        #expect(read.count > 50)
        for name in read { #expect(known.contains(name), "the table lacks \(name)") }
    }

    @Test func keyWithTheDefaultAsValueChangesNothing() throws {
        for key in SettingKey.all {
            guard let standard = key.standard else { continue }
            // Details of an encryption go with that encryption.
            let base = key.name.contains("_TLS_") ? [String(key.name.prefix { $0 != "_" }) + "_TLS": "1"] : [:]
            let (without, with) = try (
                ServingSettings(from: SettingsReader(values: base)),
                ServingSettings(from: SettingsReader(values: base.merging([key.name: standard]) { $1 }))
            )
            var dumps = ["", ""]
            dump(without, to: &dumps[0])
            dump(with, to: &dumps[1])
            #expect(dumps[0] == dumps[1], "\(key.name)=\(standard)")
        }
    }

    @Test(arguments: [
        ("PREFECH_COUNT", "PREFETCH_COUNT"), ("PREFETCH_COUTN", "PREFETCH_COUNT"), ("RABBITMQ_NODES", "RABBIT_NODES"),
        ("rabbit_nodes", "RABBIT_NODES"), ("REDIS_PASWORD", "REDIS_PASSWORD"), ("REDIS_PASSWORD_FIEL", "REDIS_PASSWORD_FILE"),
        ("QUEUE_NAMES", "QUEUE_NAME"), ("CELERY_TASK", "CELERY_TASKS"), ("LOGLEVEL", "LOG_LEVEL"),
        ("CACHE_POLLING_TIMEOUT", "CACHE_POOLING_TIMEOUT"),
    ])
    func misspelledKeyHasANearestOne(_ key: String, _ nearest: String) {
        #expect(SettingKeyCheck(keys: SettingKey.all).nearest(to: key) == nearest)
    }

    // Kubernetes and docker make the first ones for a service called redis.
    @Test(arguments: [
        "REDIS_PORT", "REDIS_SERVICE_HOST", "REDIS_PORT_6379_TCP", "REDIS_URL", "PATH", "HOME", "TERM", "CELERY_BROKER_URL",
        "POSTGRES_USER", "LANG",
    ])
    func keyOfAnotherProgramHasNone(_ key: String) {
        #expect(SettingKeyCheck(keys: SettingKey.all).nearest(to: key) == nil)
    }

    @Test func unknownAndRepeatedKeysAreWarnedOfWithoutTheirValues() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("mlserving-test-\(UUID().uuidString).env")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("REDIS_PASWORD=s3cret\nPOSTGRES_USER=s3cret\nREDIS_HOST=s3cret\nQUEUE_NAME=s3cret\nQUEUE_NAME=two\n".utf8).write(to: file)
        let warnings = try await SettingsReader(files: [file.path]).warnings.filter { $0.hasPrefix(file.path) }
        #expect(
            warnings == [
                "\(file.path):1: REDIS_PASWORD is not a key of this program; did you mean REDIS_PASSWORD?",
                "\(file.path):3: REDIS_HOST is not a key of this program; variables.env lists them",
                "\(file.path):5: QUEUE_NAME is set again; the value of line 4 does not count",
            ])
    }

    @Test(arguments: ["variables.env", "consumers/fasttext/variables.env", "producers/short-texts-clustering/variables.env"])
    func filesOfThisPackageGiveNoWarnings(_ path: String) async throws {
        let file = Self.root.appendingPathComponent(path).path
        #expect(try await SettingsReader(files: [file]).warnings.filter { $0.hasPrefix(file) } == [])
    }

    @Test func keysOfAProgramAreKnown() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("mlserving-test-\(UUID().uuidString).env")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("QUEUE_NAMES=1\n".utf8).write(to: file)
        let keys = SettingKey.all + [SettingKey("QUEUE_NAMES", "text", nil, .all, "more queues")]
        #expect(try await SettingsReader(files: [file.path], keys: keys).warnings.filter { $0.hasPrefix(file.path) } == [])
    }
}
