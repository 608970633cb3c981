/// Words and texts that a model may well meet, and many that nobody expects: the same for the same seed.
struct OddTexts {
    private static let scripts: [ClosedRange<UInt32>] = [
        0x61...0x7A, 0x20...0x7E, 0xC0...0x17F, 0x300...0x36F, 0x400...0x45F, 0x5D0...0x5EA, 0x627...0x64A, 0x904...0x939,
        0xE01...0xE2E, 0x200B...0x200F, 0x2028...0x202E, 0x3041...0x3096, 0x4E00...0x9FFF, 0xAC00...0xD7A3, 0xFB00...0xFB06,
        0xFF01...0xFF5E, 0xFFF9...0xFFFD, 0x1F300...0x1F64F, 0x20000...0x2A6D6, 0xE0100...0xE01EF, 0x10FFF0...0x10FFFF,
    ]
    private static let special = [
        "", "</s>", "<", ">", "<>", "</s", "/s>", "</s></s>", "__label__", "__label__e", "__label__many", "__label__unheard", "__label",
        "_label__a", "x__label__a", "__LABEL__a", "a", "é", "e\u{301}", "日", "🙂", "👩‍👩‍👧‍👦", "\u{FEFF}bom", "\u{A0}", "\u{3000}", "\u{7F}",
        "\u{1}", "a\u{0}b", "\u{0}", "ﬁ", "ẞ", "İ", "don't", "e-mail", "http://a.b/c?d=e&f", "1,234.5", "-", "_", "C++", "\\", "\"",
    ]
    private static let separators = [" ", " ", " ", " ", " ", "  ", "\t", "\r", "\u{B}", "\u{C}", "\u{0}", "\u{A0}", " \u{2028} "]

    private var random: SeededGenerator
    private let vocabulary: [String]

    /// - Parameter vocabulary: The words of the model in question.
    init(seed: UInt64, vocabulary: [String]) {
        random = SeededGenerator(seed: seed)
        self.vocabulary = vocabulary
    }

    /// Each special word first, then others; some of thousands of characters.
    mutating func words(_ count: Int) -> [String] {
        Self.special + (Self.special.count..<count).map { index in index % 1_000 == 999 ? run(of: 6_000) : word() }
    }

    /// Texts of one line, none of them with a line feed; some empty, some of hundreds of words.
    mutating func texts(_ count: Int) -> [String] {
        let given = ["", " ", "\t \r", "</s>", "</s> behind", "before </s> behind", "__label__many", "__label__e words __label__unheard"]
        return given
            + (given.count..<count).map { index in
                let length = index % 1_000 == 999 ? 500 : Int.random(in: 0...10, using: &random)
                return (0..<length).reduce(into: "") { text, _ in text += word() + (Self.separators.randomElement(using: &random) ?? " ") }
            }
    }

    private mutating func word() -> String {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return Self.special.randomElement(using: &random) ?? ""
        case 1: return run(of: Int.random(in: 1...12, using: &random))
        case 2: return run(of: Int.random(in: 1...8, using: &random)) + known()
        case 3: return String(known().dropLast())
        case 4: return known() + known()
        default: return known()
        }
    }

    private mutating func known() -> String { vocabulary.randomElement(using: &random) ?? "word" }

    /// Characters of one script, without spaces and line ends.
    private mutating func run(of length: Int) -> String {
        let script = Self.scripts.randomElement(using: &random) ?? 0x61...0x7A
        var scalars = String.UnicodeScalarView()
        for _ in 0..<length {
            if let scalar = Unicode.Scalar(UInt32.random(in: script, using: &random)), scalar != " " { scalars.append(scalar) }
        }
        return String(scalars)
    }
}
