/// Names a model, and a version of it where it matters which one answers.
///
/// As text it is `name` or `name:version`, such as `embedder` or `embedder:2`. Requests go to a queue of that model alone: without a version the
/// queue of the model's name, and `<name>.v<version>` with one, since a queue shared by versions would have any of them answer.
public struct ModelAddress: Sendable, Hashable, CustomStringConvertible {
    /// The model's name.
    public let name: String

    /// The version; `nil`: the model has none, or whichever serves without one.
    public let version: String?

    /// Makes an address.
    ///
    /// - Parameters:
    ///   - name: 1 to 100 bytes of text without spaces, control characters and `:`, that does not begin with `amq.`, as RabbitMQ's own queues do.
    ///   - version: 1 to 64 of the characters that occur in version numbers: ASCII letters, digits, `.`, `_`, `+` and `-`.
    /// - Returns: `nil` for other names.
    public init?(_ name: String, version: String? = nil) {
        guard (1...100).contains(name.utf8.count), name.unicodeScalars.allSatisfy(Self.isPermittedInName),
            !name.utf8.starts(with: "amq.".utf8)
        else { return nil }
        if let version {
            guard (1...64).contains(version.utf8.count), version.utf8.allSatisfy(Self.isPermittedInVersion) else { return nil }
        }
        self.name = name
        self.version = version
    }

    /// The address of whatever answers requests of a queue.
    init(queue: String) {
        name = queue
        version = nil
    }

    /// The queue that requests for the model go to.
    public var queue: String { version.map { "\(name).v\($0)" } ?? name }

    /// `name` or `name:version`.
    public var description: String { version.map { "\(name):\($0)" } ?? name }

    private static func isPermittedInName(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.properties.isWhitespace || scalar == ":" { return false }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return false
        default: return true
        }
    }

    private static func isPermittedInVersion(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"): true
        default: false
        }
    }
}

extension ModelAddress: LosslessStringConvertible {
    /// Reads `name` or `name:version`.
    ///
    /// - Returns: `nil` for what is no address.
    public init?(_ description: String) {
        let parts = description.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        self.init(String(parts[0]), version: parts.count > 1 ? String(parts[1]) : nil)
    }
}

extension ModelAddress: ExpressibleByStringLiteral {
    /// Reads `name` or `name:version`.
    ///
    /// - Precondition: It is one. Text that is not written in the program goes through ``init(_:)``, which returns `nil`.
    public init(stringLiteral value: String) {
        guard let address = ModelAddress(value) else { preconditionFailure("\(value) is not a model's name, with or without :version") }
        self = address
    }
}
