/// Names of metrics, as Prometheus allows them: letters, digits, `_` and `:`, and no digit first.
enum MetricName {
    /// A label of swift-metrics as a name.
    ///
    /// - Parameter suffix: What the name has to end in, by Prometheus's conventions.
    static func of(_ label: String, endingIn suffix: String = "") -> String {
        let name = valid(label, allowingColons: true)
        return name.hasSuffix(suffix) ? name : name + suffix
    }

    /// A text with `_` for whatever is not allowed.
    static func valid(_ text: String, allowingColons: Bool) -> String {
        var name = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_": name.unicodeScalars.append(scalar)
            case "0"..."9":
                if name.isEmpty { name = "_" }
                name.unicodeScalars.append(scalar)
            case ":" where allowingColons: name.unicodeScalars.append(scalar)
            default: name += "_"
            }
        }
        return name.isEmpty ? "_" : name
    }
}
