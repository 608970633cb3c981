extension String {
    /// The text in one line, harmless to a terminal: what controls it, or turns its direction, is escaped.
    public var printable: String { escaped { _ in false } }

    /// The same, with line breaks and tabs left as they are.
    public var printableLines: String { escaped { $0 == "\n" || $0 == "\t" } }

    private func escaped(except isKept: (Unicode.Scalar) -> Bool) -> String {
        guard unicodeScalars.contains(where: { $0.isUnprintable && !isKept($0) }) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            if !scalar.isUnprintable || isKept(scalar) {
                text.unicodeScalars.append(scalar)
            } else {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return text
    }
}

extension Unicode.Scalar {
    /// Whether it is a control or format character, a separator of lines or paragraphs, or shows nothing at all.
    public var isUnprintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        // An emoji's variation selector is part of what is shown.
        default: properties.isDefaultIgnorableCodePoint && !properties.isVariationSelector
        }
    }
}
