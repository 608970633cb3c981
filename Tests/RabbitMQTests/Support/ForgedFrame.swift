/// Frames as a broker would write them.
enum ForgedFrame {
    static let blocked = method(class: 10, 60, shortText("forged"))
    static let unblocked = method(class: 10, 61)

    static func method(channel: UInt16 = 0, class classNumber: UInt16, _ methodNumber: UInt16, _ arguments: [UInt8] = []) -> [UInt8] {
        frame(type: 1, channel: channel, bytes(classNumber) + bytes(methodNumber) + arguments)
    }

    static func deliver(channel: UInt16, number: UInt64) -> [UInt8] {
        method(channel: channel, class: 60, 60, shortText("tag") + bytes(number) + [0] + shortText("") + shortText("key"))
    }

    /// The header of a message without properties.
    static func header(channel: UInt16, bodySize: UInt64) -> [UInt8] {
        frame(type: 2, channel: channel, bytes(UInt16(60)) + [0, 0] + bytes(bodySize) + [0, 0])
    }

    static func frame(type: UInt8, channel: UInt16, _ payload: [UInt8]) -> [UInt8] {
        [type] + bytes(channel) + bytes(UInt32(payload.count)) + payload + [0xCE]
    }

    static func shortText(_ text: String) -> [UInt8] {
        [UInt8(text.utf8.count)] + text.utf8
    }

    private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) }
    }
}
