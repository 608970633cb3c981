/// Writes JSON texts in UTF-8, without space.
///
/// Floating-point numbers are written as the shortest text that is read as the same number, with a fraction or an exponent (`1.0`, `1e-07`);
/// infinities and NaN are refused, because JSON has no form for them. `Data` is written in base64, `URL` as text, `Decimal` as a number. A name that a
/// value encodes twice is written twice; readers take the last.
public struct JSONWriter: Sendable {
    /// Whether members are written in the order of their names' bytes, so that equal values are equal texts.
    public var sortsNames: Bool
    /// How deep a value may nest, which bounds the use of the stack. Default: 512, as for ``JSONLimits/maximumDepth``.
    public var maximumDepth: Int
    /// What `Encodable` types find as their encoder's `userInfo`.
    public var userInfo: [CodingUserInfoKey: any Sendable]

    /// Makes a writer.
    public init(sortsNames: Bool = false, maximumDepth: Int = 512, userInfo: [CodingUserInfoKey: any Sendable] = [:]) {
        self.sortsNames = sortsNames
        self.maximumDepth = maximumDepth
        self.userInfo = userInfo
    }

    /// Encodes a value.
    ///
    /// - Throws: `EncodingError` for what JSON has no form for, and what the value's `encode(to:)` throws.
    public func encode<Value: Encodable>(_ value: Value) throws -> [UInt8] {
        let sink = Sink(userInfo: userInfo, maximumDepth: maximumDepth, depth: 0)
        try sink.encode(value, .root)
        let bytes = try sink.finish()
        guard sortsNames else { return bytes }
        do {
            return try JSONReader(limits: JSONLimits(maximumDepth: maximumDepth)).canonical(bytes[...])
        } catch {
            throw EncodingError.invalidValue(
                value, .init(codingPath: [], debugDescription: "the names cannot be sorted: \(error)", underlyingError: error))
        }
    }
}
