/// Finds keys that nobody reads, and that somebody may have meant to be read.
///
/// Files and the environment are shared with other programs, so a key that is not known is only told when it is similar to one that is, or,
/// in a file, when it begins as ours do.
struct SettingKeyCheck {
    /// What the keys begin with that are ours alone, as far as files go.
    private static let prefixes = ["RABBIT_", "REDIS_", "HEALTH_", "RETRY_", "MLSERVING_"]

    private let names: [String]
    private let known: Set<String>

    init(keys: [SettingKey]) {
        names = keys.flatMap(\.names).sorted()
        known = Set(names)
    }

    /// One line for each key, without its value.
    func warnings(environment: SettingsSource, files: [EnvironmentFile]) -> [String] {
        var warnings: [String] = []
        for file in files {
            for (key, entry) in file.entries.sorted(by: { $0.value.line < $1.value.line }) {
                let place = "\(file.path):\(entry.line)"
                if let warning = warning(of: key, isInFile: true) { warnings.append("\(place): \(warning)") }
                if let earlier = entry.replacedLine {
                    warnings.append("\(place): \(key) is set again; the value of line \(earlier) does not count")
                }
            }
        }
        for key in environment.keys { if let warning = warning(of: key, isInFile: false) { warnings.append("environment: \(warning)") } }
        return warnings
    }

    private func warning(of key: String, isInFile: Bool) -> String? {
        guard !known.contains(key) else { return nil }
        if let nearest = nearest(to: key) { return "\(key) is not a key of this program; did you mean \(nearest)?" }
        let isOurs = isInFile && Self.prefixes.contains { key.hasPrefix($0) }
        return isOurs ? "\(key) is not a key of this program; variables.env lists them" : nil
    }

    /// The known key that a misspelled one may be, by edit distance.
    func nearest(to key: String) -> String? {
        // Longer ones are no slips, and cost time.
        guard (4...64).contains(key.utf8.count) else { return nil }
        let upper = key.uppercased()
        let limit = key.utf8.count < 6 ? 1 : key.utf8.count < 16 ? 2 : 3
        let candidates = names.map { (name: $0, distance: Self.distance(Array(upper.utf8), Array($0.utf8))) }
        guard let best = candidates.min(by: { $0.distance < $1.distance }), best.distance <= limit else { return nil }
        // Where hardly more than the end of a short name is left, it is another name: REDIS_URL is not REDIS_TTL.
        let last = { (name: String) in name.split(separator: "_").last.map { $0.utf8.count } ?? 0 }
        guard best.distance <= 1 || best.distance * 2 < max(last(upper), last(best.name)) else { return nil }
        return best.name
    }

    /// How many letters are to be inserted, deleted, replaced, or exchanged with their neighbours (optimal string alignment).
    private static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...second.count)
        for row in 0..<first.count {
            var current = [row + 1]
            for column in 0..<second.count {
                var best = min(last[column + 1] + 1, current[column] + 1, last[column] + (first[row] == second[column] ? 0 : 1))
                if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        return last[second.count]
    }
}
