/// A pattern of names, as shells have them: `*` stands for any text, `?` for one character.
struct NamePattern: Sendable {
    private let pattern: [Unicode.Scalar]

    init(_ pattern: String) {
        self.pattern = Array(pattern.unicodeScalars)
    }

    /// Whether a name fits. It takes no more steps than the lengths of pattern and name, multiplied.
    func matches(_ name: String) -> Bool {
        let name = Array(name.unicodeScalars)
        var (position, index) = (0, 0)
        // Where to go on when what followed the last star does not fit: one character more for the star.
        var star: (position: Int, index: Int)?
        while index < name.count {
            if position < pattern.count, pattern[position] == "*" {
                star = (position, index)
                position += 1
            } else if position < pattern.count, pattern[position] == "?" || pattern[position] == name[index] {
                position += 1
                index += 1
            } else if let last = star {
                star = (last.position, last.index + 1)
                (position, index) = (last.position + 1, last.index + 1)
            } else {
                return false
            }
        }
        return pattern[position...].allSatisfy { $0 == "*" }
    }
}
