/// A look at a content header before the library decodes it: whether it can, and what is left if it cannot.
///
/// The library ends the connection for a field of a kind that it does not know, and takes stack for each level of nesting.
struct HeaderScan {
    /// How deep tables may nest for the library to decode them: far more than ``FieldValue/maximumDepth``, far less than a stack takes.
    private static let decodableDepth = 1_000

    /// The size of the body that follows.
    let bodySize: UInt64
    /// The properties but for the headers, if these cannot be decoded.
    let properties: MessageProperties
    /// Why the headers cannot be decoded; `nil`: they can.
    let defect: String?

    private struct Unreadable: Error {
        let reason: String
    }

    /// - Throws: ``RabbitMQError/Code/protocolViolation`` for a header that does not even say how large its body is.
    init(_ payload: UnsafeRawBufferPointer, limit: Int) throws(RabbitMQError) {
        var reader = Reader(payload[...])
        guard let classNumber = reader.take(UInt16.self), classNumber == 60, reader.take(UInt16.self) != nil,
            let bodySize = reader.take(UInt64.self)
        else { throw RabbitMQError(.protocolViolation, "the broker sent a header that is not of a message") }
        self.bodySize = bodySize
        var properties = MessageProperties()
        do throws(Unreadable) {
            try Self.read(&reader, into: &properties)
            defect = payload.count <= limit ? nil : "the properties have \(payload.count) bytes, of which \(limit) are taken"
        } catch {
            defect = error.reason
        }
        self.properties = properties
    }

    private static func read(_ reader: inout Reader, into properties: inout MessageProperties) throws(Unreadable) {
        guard let flags = reader.take(UInt16.self) else { throw Unreadable(reason: "the properties are cut short") }
        func has(_ bit: Int) -> Bool { flags & (1 << bit) != 0 }
        func text(_ bit: Int) throws(Unreadable) -> String? {
            guard has(bit) else { return nil }
            guard let bytes = reader.takeShortText() else { throw Unreadable(reason: "the properties are cut short") }
            return String(decoding: bytes, as: UTF8.self)
        }
        func number<Number: FixedWidthInteger>(_ bit: Int, _ type: Number.Type) throws(Unreadable) -> Number? {
            guard has(bit) else { return nil }
            guard let number = reader.take(type) else { throw Unreadable(reason: "the properties are cut short") }
            return number
        }
        // More flags, for more properties than there are.
        guard !has(0) else { throw Unreadable(reason: "the properties have unknown flags") }
        properties.contentType = try text(15)
        properties.contentEncoding = try text(14)
        var failure: Unreadable?
        if has(13) {
            guard let table = reader.takeLongBytes() else { throw Unreadable(reason: "the headers are cut short") }
            // What comes after the table is still of use.
            do throws(Unreadable) { try check(table: table) } catch { failure = error }
        }
        properties.deliveryMode = try number(12, UInt8.self).flatMap { MessageProperties.DeliveryMode(rawValue: $0) }
        properties.priority = try number(11, UInt8.self)
        properties.correlationID = try text(10)
        properties.replyTo = try text(9)
        properties.expiration = try text(8)
        properties.messageID = try text(7)
        properties.timestamp = try number(6, UInt64.self)
        properties.type = try text(5)
        properties.userID = try text(4)
        properties.appID = try text(3)
        _ = try text(2)
        if let failure { throw failure }
    }

    /// Walks through a table with all that is nested in it, on a stack of its own.
    private static func check(table: Slice<UnsafeRawBufferPointer>) throws(Unreadable) {
        var open: [(reader: Reader, isTable: Bool)] = [(Reader(table), true)]
        while let next = open.popLast() {
            var reader = next.reader
            let isTable = next.isTable
            guard !reader.isAtEnd else { continue }
            if isTable, reader.takeShortText() == nil { throw Unreadable(reason: "the name of a header is cut short") }
            guard let kind = reader.take(UInt8.self) else { throw Unreadable(reason: "a header has no value") }
            let isTaken: Bool
            switch kind {
            case UInt8(ascii: "V"): isTaken = true
            case UInt8(ascii: "t"), UInt8(ascii: "b"), UInt8(ascii: "B"): isTaken = reader.skip(1)
            case UInt8(ascii: "s"), UInt8(ascii: "u"): isTaken = reader.skip(2)
            case UInt8(ascii: "I"), UInt8(ascii: "i"), UInt8(ascii: "f"): isTaken = reader.skip(4)
            case UInt8(ascii: "D"): isTaken = reader.skip(5)
            case UInt8(ascii: "l"), UInt8(ascii: "L"), UInt8(ascii: "d"), UInt8(ascii: "T"): isTaken = reader.skip(8)
            case UInt8(ascii: "S"), UInt8(ascii: "x"): isTaken = reader.takeLongBytes() != nil
            case UInt8(ascii: "F"), UInt8(ascii: "A"):
                guard let inner = reader.takeLongBytes() else { throw Unreadable(reason: "a nested table is cut short") }
                guard open.count < decodableDepth else { throw Unreadable(reason: "the headers nest deeper than \(decodableDepth) levels") }
                open.append((reader, isTable))
                open.append((Reader(inner), kind == UInt8(ascii: "F")))
                continue
            default: throw Unreadable(reason: "a header has a value of the unknown kind \(kind)")
            }
            guard isTaken else { throw Unreadable(reason: "the value of a header is cut short") }
            open.append((reader, isTable))
        }
    }
}

/// Takes values from the front of bytes, none beyond their end.
private struct Reader {
    private var rest: Slice<UnsafeRawBufferPointer>

    init(_ bytes: Slice<UnsafeRawBufferPointer>) {
        rest = bytes
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ count: Int) -> Bool {
        guard count <= rest.count else { return false }
        rest = rest.dropFirst(count)
        return true
    }

    mutating func take<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
        let size = MemoryLayout<Number>.size
        guard size <= rest.count else { return nil }
        let number = rest.prefix(size).reduce(0 as Number) { $0 << 8 | Number(truncatingIfNeeded: $1) }
        rest = rest.dropFirst(size)
        return number
    }

    mutating func takeShortText() -> Slice<UnsafeRawBufferPointer>? {
        guard let size = take(UInt8.self) else { return nil }
        return takeBytes(Int(size))
    }

    mutating func takeLongBytes() -> Slice<UnsafeRawBufferPointer>? {
        guard let size = take(UInt32.self) else { return nil }
        return takeBytes(Int(size))
    }

    private mutating func takeBytes(_ count: Int) -> Slice<UnsafeRawBufferPointer>? {
        guard count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
