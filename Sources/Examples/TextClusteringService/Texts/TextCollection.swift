internal import JSON

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
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONReader().read(json[...])
        } catch {
            throw TextCollectionError(.malformed, "not JSON: \(error)")
        }
        guard case .object(let members) = value else {
            throw TextCollectionError(.wrongShape, "the body is \(value.kind); \(Self.wanted)")
        }
        try read(members, maximumCount: maximumCount, maximumTextSize: maximumTextSize)
    }

    private static let wanted = "an object of id and text is wanted"

    private mutating func read(_ members: [JSONValue.Member], maximumCount: Int, maximumTextSize: Int) throws(TextCollectionError) {
        guard members.count <= maximumCount else {
            throw TextCollectionError(.tooMany, "more than \(maximumCount) texts; send them in several requests")
        }
        // Ids are told apart byte by byte, as a program in any other language would: to Swift, strings that differ in their Unicode
        // normalisation only are equal.
        var known: Set<[UInt8]> = []
        for member in members {
            let id = member.name
            guard case .string(let text) = member.value else {
                throw TextCollectionError(.wrongShape, "the text of id \"\(id)\" is \(member.value.kind); \(Self.wanted)")
            }
            guard known.insert(Array(id.utf8)).inserted else {
                throw TextCollectionError(.wrongShape, "the id \"\(id)\" occurs twice; \(Self.wanted)")
            }
            ids.append(id)
            texts.append(text)
        }
        for (id, text) in zip(ids, texts) where text.utf8.count > maximumTextSize {
            throw TextCollectionError(
                .tooLong, "the text of id \"\(id)\" has \(text.utf8.count) bytes, at most \(maximumTextSize) are allowed")
        }
    }
}

extension JSONValue {
    /// What it is, in words.
    fileprivate var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
