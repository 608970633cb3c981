import FoundationEssentials

/// The memory of this process, in bytes.
enum Memory {
    /// What is resident now, mapped files included.
    static var resident: Int { field("VmRSS:") }
    /// The most that was resident at a time.
    static var peak: Int { field("VmHWM:") }

    private static func field(_ name: String) -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
        return 1_024 * (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0)
    }
}
