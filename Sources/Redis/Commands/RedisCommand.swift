/// A command, in the form in which it goes over the wire.
///
/// Made where it is issued, so that the thread of the connection has only bytes to move.
public struct RedisCommand: Sendable, CustomStringConvertible {
    /// The first word, such as `SET`.
    public let name: String
    /// The number of bytes on the wire.
    public let byteCount: Int
    /// The key that tells which node of a cluster the command goes to; `nil`: its first argument is one.
    public var key: String?

    let head: [UInt8]
    let tail: [[UInt8]]

    /// Makes a command of a name and its arguments.
    public init(_ name: String, _ arguments: RedisArgument...) {
        self.init(name, arguments)
    }

    /// Makes a command of a name and its arguments.
    public init(_ name: String, _ arguments: [RedisArgument]) {
        let byteCount = arguments.reduce(name.utf8.count) { $0 + $1.bytesToReserve }
        var encoder = CommandEncoder(wordCount: arguments.count + 1, reserving: byteCount)
        encoder.append(name)
        for argument in arguments { encoder.append(argument) }
        self.init(name, encoder)
    }

    init(_ name: String, _ encoder: CommandEncoder) {
        self.name = name
        head = encoder.head
        tail = encoder.tail
        byteCount = tail.reduce(head.count) { $0 + $1.count }
    }

    /// The name alone: arguments may be secret, and long.
    public var description: String { name }
}

extension RedisCommand: CustomReflectable {
    /// The name and the size.
    public var customMirror: Mirror {
        Mirror(self, children: ["name": name, "byteCount": byteCount])
    }
}

extension RedisArgument {
    fileprivate var bytesToReserve: Int {
        switch self {
        case .string(let string): string.utf8.count
        case .bytes(let bytes): bytes.count < CommandEncoder.longWordBytes ? bytes.count : 0
        case .integer: 20
        }
    }
}
