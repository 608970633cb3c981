extension String {
    /// The text in one line, for a log: characters that control a terminal, turn the direction of text or show nothing are escaped, and what is
    /// longer than the limit is cut.
    ///
    /// - Parameter maximumLength: How many characters are kept.
    package func harmless(maximumLength: Int = 2_000) -> String {
        let isShort = utf8.count <= maximumLength
        if isShort, utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return self }
        var text = ""
        for (count, scalar) in unicodeScalars.enumerated() {
            if count == maximumLength { return text + "…" }
            if scalar.isUnprintable {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

extension Unicode.Scalar {
    /// Whether it is a control or format character, a separator of lines or paragraphs, or shows nothing at all.
    var isUnprintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse, .surrogate: true
        default: properties.isDefaultIgnorableCodePoint
        }
    }
}
