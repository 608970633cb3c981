/// A page in Prometheus's text format, version 0.0.4, while it is written.
struct ExpositionText {
    private(set) var bytes: [UInt8] = []

    /// Begins a metric.
    mutating func begin(name: String, help: String?, type: String) {
        if let help { append("# HELP \(name) \(Self.escaped(help, quotes: false))\n") }
        append("# TYPE \(name) \(type)\n")
    }

    /// Writes a sample of the metric that was begun.
    mutating func sample(_ name: String, labels: String, value: Double) {
        append(name)
        if !labels.isEmpty { append("{\(labels)}") }
        append(" \(Self.number(value))\n")
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// A number as Go reads it; a whole one without a point.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Above 2⁵³ not every whole number is one of these, and the shortest form says no more than is known.
        return Int64(exactly: value).flatMap { $0.magnitude <= 1 << 53 ? String($0) : nil } ?? "\(value)"
    }

    /// Text with what would end it, or the line, behind a backslash.
    static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        // By scalars: a line feed behind a carriage return is not a character of its own.
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
