import Foundation
import Testing

/// A node of a private cluster, kept by a script in a directory; see scripts/private-clusters.sh.
struct TestNode: Sendable, CustomStringConvertible {
    private let directory: URL

    init(_ directory: URL) {
        self.directory = directory
    }

    var description: String { "\(directory.lastPathComponent) on port \(port)" }

    var port: UInt16 { (try? word("port")).flatMap { UInt16($0) } ?? 0 }

    /// Ends the node as a crash would.
    func kill() throws { try signal(SIGKILL) }

    /// Stops the node from running, so that it answers nothing and nothing tells that it does not.
    func pause() throws { try signal(SIGSTOP) }

    /// Lets a paused node go on.
    func resume() throws { try signal(SIGCONT) }

    /// Starts a node that has ended again.
    func restart() throws {
        let control = try FileHandle(forWritingTo: directory.appending(path: "control"))
        try control.write(contentsOf: Data("start\n".utf8))
        try control.close()
    }

    private func signal(_ number: Int32) throws {
        let identifier = try #require(pid_t(try word("pid")))
        try #require(Foundation.kill(identifier, number) == 0)
    }

    /// The content of a file of one word.
    func word(_ name: String) throws -> String {
        try String(contentsOf: directory.appending(path: name), encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
