/// The values that are encoded and decoded.
enum Samples {
    /// 2.4 KB in memory, as much as an embedding.
    static let doubles = (0..<300).map { Double($0) * 0.001 + 0.0001234 }
    /// A row of a table.
    static let row = Row(
        identifier: 4_711, name: "a customer of ours", age: 42, income: 61_234.5, score: 0.8125, isActive: true, country: "NL",
        visits: 17, balance: -12.75, note: "asked about the terms")
    /// Strings that Swift holds in place.
    static let words = (0..<100).map { "short text \(10 + $0 % 90)" }
    /// Strings that Swift allocates: what a caller sends for a list of texts.
    static let texts = (0..<100).map { "short text number \(10 + $0 % 90)" }
}

/// A struct of ten fields.
struct Row: Codable, Sendable, Equatable {
    var identifier: Int
    var name: String
    var age: Int
    var income: Double
    var score: Double
    var isActive: Bool
    var country: String
    var visits: Int
    var balance: Double
    var note: String
}
