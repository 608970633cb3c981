internal import Glibc
internal import MLServing
internal import Synchronization

/// A file that lines are appended to, and that is put aside when it is full: `log`, `log.1`, `log.2` …, the last one the oldest.
///
/// Several processes may write to one file, and another program may put it aside: each line goes to the file that has the name at that time.
/// A line that cannot be written goes to standard error.
final class LogFile: Sendable {
    private struct State {
        /// `-1`: none is open.
        var descriptor: Int32
        /// Whether the last line could not be written.
        var isFailing = false
    }

    private let path: String
    /// How many bytes it holds at most; a line that is longer has a file for itself.
    private let maximumByteCount: Int
    /// How many older files are kept.
    private let olderCount: Int
    private let state: Mutex<State>

    /// - Throws: `ConfigurationError` when the file cannot be opened.
    init(path: String, maximumByteCount: Int, olderCount: Int) throws(ConfigurationError) {
        self.path = path
        self.maximumByteCount = maximumByteCount
        self.olderCount = olderCount
        // Opening a pipe would wait for a reader.
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            throw ConfigurationError(key: "LOG_FILE", message: "\(path) is no regular file; leave it empty to log to standard error")
        }
        let descriptor = Self.open(path)
        guard descriptor >= 0 else {
            throw ConfigurationError(key: "LOG_FILE", message: "\(path) cannot be written: \(OutputError.reason(errno))")
        }
        state = Mutex(State(descriptor: descriptor))
    }

    /// The file that `LOG_FILE` names; `nil` when it names none.
    convenience init?(from reader: SettingsReader) throws(ConfigurationError) {
        let maximumByteCount = try reader.integer("LOG_FILE_SIZE", default: 10_485_760, in: 4_096...(1 << 40))
        let olderCount = try reader.integer("LOG_FILE_COUNT", default: 5, in: 0...1_000)
        guard let path = reader.string("LOG_FILE") else { return nil }
        try self.init(path: path, maximumByteCount: maximumByteCount, olderCount: olderCount)
    }

    deinit {
        state.withLock { if $0.descriptor >= 0 { close($0.descriptor) } }
    }

    /// Appends a line.
    func append(_ line: [UInt8]) {
        state.withLock { state in
            let failure = write(line, to: &state)
            if let failure {
                if !state.isFailing { StandardError.print("LOG_FILE \(path) cannot be written: \(OutputError.reason(failure))") }
                StandardError.write(line)
            }
            state.isFailing = failure != nil
        }
    }

    /// - Returns: The error's number, if there is one.
    private func write(_ line: [UInt8], to state: inout State) -> Int32? {
        if let failure = followName(&state) { return failure }
        var status = stat()
        if fstat(state.descriptor, &status) == 0, status.st_size > 0, Int(status.st_size) + line.count > maximumByteCount {
            if let failure = putAside(&state) { return failure }
        }
        return OutputDescriptor(number: state.descriptor).write(line)
    }

    /// Opens the file that has the name now, unless it is the open one.
    private func followName(_ state: inout State) -> Int32? {
        isNamed(state.descriptor) ? nil : reopen(&state)
    }

    /// Whether the file that is open is the one that has the name.
    private func isNamed(_ descriptor: Int32) -> Bool {
        var (named, open) = (stat(), stat())
        return stat(path, &named) == 0 && fstat(descriptor, &open) == 0 && named.st_ino == open.st_ino && named.st_dev == open.st_dev
    }

    private func reopen(_ state: inout State) -> Int32? {
        if state.descriptor >= 0 { close(state.descriptor) }
        state.descriptor = Self.open(path)
        return state.descriptor < 0 ? errno : nil
    }

    /// Names the open file, and those before it, by the next number, and opens a new one.
    private func putAside(_ state: inout State) -> Int32? {
        // Another process may be about to do the same. The lock ends when the file is closed, after the renaming.
        flock(state.descriptor, LOCK_EX)
        if isNamed(state.descriptor) {
            for number in stride(from: olderCount, to: 0, by: -1) {
                rename(number == 1 ? path : "\(path).\(number - 1)", "\(path).\(number)")
            }
            if olderCount == 0 { unlink(path) }
        }
        return reopen(&state)
    }

    private static func open(_ path: String) -> Int32 {
        Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
    }
}
