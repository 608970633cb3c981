extension ByteScanner {
    /// Moves past one value of any type and size.
    ///
    /// It counts the values still to pass instead of recursing, so that no nesting can exhaust the stack, and stops as soon as they are
    /// more than the bytes left.
    mutating func skipValue() throws(MessagePackError) {
        var pending = 1
        repeat {
            pending -= 1
            let start = offset
            let tag = try load(UInt8.self)
            switch tag {
            case 0x00...0x7f, Tag.negativeFixInteger...0xff, Tag.nil, Tag.false, Tag.true:
                break
            case Tag.float32:
                try advance(4)
                pending = skipRun(of: tag, width: 5, atMost: pending)
            case Tag.float64:
                try advance(8)
                pending = skipRun(of: tag, width: 9, atMost: pending)
            case Tag.fixString..<Tag.nil:
                try advance(Int(tag & 0x1f))
            case Tag.fixMap..<Tag.fixArray:
                pending += 2 * Int(tag & 0x0f)
            case Tag.fixArray..<Tag.fixString:
                pending += Int(tag & 0x0f)
            case Tag.unsigned8, Tag.signed8:
                try advance(1)
            case Tag.unsigned16, Tag.signed16:
                try advance(2)
            case Tag.unsigned32, Tag.signed32:
                try advance(4)
            case Tag.unsigned64, Tag.signed64:
                try advance(8)
            case Tag.string8, Tag.binary8:
                try advance(Int(load(UInt8.self)))
            case Tag.string16, Tag.binary16:
                try advance(Int(load(UInt16.self)))
            case Tag.string32, Tag.binary32:
                try advance(Int(load(UInt32.self)))
            case Tag.fixExtension1...Tag.fixExtension16:
                try advance(1 + 1 << Int(tag - Tag.fixExtension1))
            case Tag.extension8:
                try advance(1 + Int(load(UInt8.self)))
            case Tag.extension16:
                try advance(1 + Int(load(UInt16.self)))
            case Tag.extension32:
                try advance(1 + Int(load(UInt32.self)))
            case Tag.array16:
                pending += Int(try load(UInt16.self))
            case Tag.array32:
                pending += Int(try load(UInt32.self))
            case Tag.map16:
                pending += 2 * Int(try load(UInt16.self))
            case Tag.map32:
                pending += 2 * Int(try load(UInt32.self))
            default:
                throw .reserved(at: start)
            }
            if pending > end - offset { throw .truncated(at: start, needs: pending, has: end - offset) }
        } while pending > 0
    }

    @inline(__always)
    private mutating func advance(_ count: Int) throws(MessagePackError) {
        try require(count)
        offset += count
    }

    /// Passes the values of the same tag that follow, as in an array of floats, and returns how many values are then pending.
    @inline(__always)
    private mutating func skipRun(of tag: UInt8, width: Int, atMost pending: Int) -> Int {
        var pending = pending
        while pending > 0, end - offset >= width, base.load(fromByteOffset: offset, as: UInt8.self) == tag {
            offset += width
            pending -= 1
        }
        return pending
    }
}
