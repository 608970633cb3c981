extension Unicode.Scalar {
    /// Whether the scalar belongs to a word: a letter, a digit or number of any script, or the underscore.
    ///
    /// This is `\w` of Python's `re` for text, which templates and models of this field were made with. Unlike the `\w` of Unicode's
    /// own regular expressions it excludes combining marks, so an accent written as a mark of its own ends a word.
    var isWordCharacter: Bool {
        if value < 0x80 {
            switch self {
            case "a"..."z", "A"..."Z", "0"..."9", "_": return true
            default: return false
            }
        }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
        default: return properties.numericType != nil
        }
    }
}
