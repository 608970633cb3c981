/// The values of one metric with one set of labels.
protocol Series: AnyObject, Sendable {
    /// Writes its samples.
    ///
    /// - Parameter labels: `name="value"` pairs, separated by commas, or nothing.
    func write(named name: String, labels: String, to text: inout ExpositionText)
}
