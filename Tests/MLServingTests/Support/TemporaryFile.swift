import Foundation

/// A file that is there while `body` runs.
func withTemporaryFile<Value>(_ contents: [UInt8], _ body: (String) throws -> Value) throws -> Value {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("mlserving-test-\(UUID().uuidString)")
    try Data(contents).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try body(file.path)
}

/// A file of a text.
func withTemporaryFile<Value>(_ contents: String, _ body: (String) throws -> Value) throws -> Value {
    try withTemporaryFile(Array(contents.utf8), body)
}
