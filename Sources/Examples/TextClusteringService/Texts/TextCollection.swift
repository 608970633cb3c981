/// Texts by their ids, in the order in which they were given.
///
/// The order matters: clusters are numbered in the order in which their first texts appear.
public struct TextCollection: Sendable, Hashable {
    /// The ids, no two alike.
    public private(set) var ids: [String] = []
    /// The texts, in the order of ``ids``.
    public private(set) var texts: [String] = []

    /// Reads a JSON object of id and text.
    ///
    /// - Parameters:
    ///   - json: The object, in UTF-8.
    ///   - maximumCount: How many texts it may have.
    ///   - maximumTextSize: How many bytes of UTF-8 a text may have.
    /// - Throws: ``TextCollectionError``.
    public init(json: [UInt8], maximumCount: Int = .max, maximumTextSize: Int = .max) throws {
        var reader = JSONReader(json)
        do {
            try read(from: &reader, maximumCount: maximumCount, maximumTextSize: maximumTextSize)
            try reader.finish()
        } catch let error as MalformedJSON {
            throw TextCollectionError(.malformed, "\(error)")
        }
    }

    private mutating func read(from reader: inout JSONReader, maximumCount: Int, maximumTextSize: Int) throws {
        // Ids are told apart byte by byte, as a program in any other language would: to Swift, strings that differ in their Unicode
        // normalisation only are equal.
        var known: Set<[UInt8]> = []
        var complaint: String?
        var tooLong: String?
        let kind = try reader.kind()
        if kind == .object {
            try reader.readObject { reader, id in
                let kind = try reader.kind()
                guard kind == .text else {
                    complaint = complaint ?? "the text of id \"\(id)\" is \(kind.rawValue)"
                    return try reader.skipValue()
                }
                guard ids.count < maximumCount else {
                    throw TextCollectionError(.tooMany, "more than \(maximumCount) texts; send them in several requests")
                }
                if !known.insert(Array(id.utf8)).inserted { complaint = complaint ?? "the id \"\(id)\" occurs twice" }
                let text = try reader.readText()
                if text.utf8.count > maximumTextSize {
                    tooLong = tooLong ?? "the text of id \"\(id)\" has \(text.utf8.count) bytes, at most \(maximumTextSize) are allowed"
                }
                ids.append(id)
                texts.append(text)
            }
        } else {
            complaint = "the body is \(kind.rawValue)"
            try reader.skipValue()
        }
        // Only now: whether the whole is JSON at all goes first.
        if let complaint { throw TextCollectionError(.wrongShape, "\(complaint); an object of id and text is wanted") }
        if let tooLong { throw TextCollectionError(.tooLong, tooLong) }
    }
}
