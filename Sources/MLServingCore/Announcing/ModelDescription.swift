internal import JSON

/// What a model says of itself to those who may want to ask it.
public struct ModelDescription: Sendable, Hashable {
    /// How many bytes all its texts may have together.
    public static let maximumByteCount = 49_152

    /// What it does, in a sentence or a few.
    public var summary: String?

    /// What an input looks like: a JSON Schema, as text.
    public var inputSchema: String?

    /// What an output looks like: a JSON Schema, as text.
    public var outputSchema: String?

    /// An input, as JSON text.
    public var example: String?

    /// Describes a model.
    public init(summary: String? = nil, inputSchema: String? = nil, outputSchema: String? = nil, example: String? = nil) {
        self.summary = summary
        self.inputSchema = inputSchema
        self.outputSchema = outputSchema
        self.example = example
    }

    /// Checks that what has to be JSON is, and that all can be announced.
    ///
    /// - Throws: ``ModelHostError`` with `invalid_description`, which says what is wrong.
    func check() throws(ModelHostError) {
        for (name, text) in [("inputSchema", inputSchema), ("outputSchema", outputSchema), ("example", example)] {
            guard let text else { continue }
            do throws(JSONError) {
                try JSONReader().check(Array(text.utf8)[...])
            } catch {
                throw ModelHostError(code: .invalidDescription, message: "\(name) is not JSON: \(error.message)")
            }
        }
        let byteCount = [summary, inputSchema, outputSchema, example].reduce(0) { $0 + ($1?.utf8.count ?? 0) }
        guard byteCount <= Self.maximumByteCount else {
            let sizes = "\(byteCount) bytes, of which \(Self.maximumByteCount) can be announced"
            throw ModelHostError(code: .invalidDescription, message: "the description has \(sizes)")
        }
    }
}
