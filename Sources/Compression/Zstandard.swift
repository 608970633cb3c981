internal import CZstandard

/// Zstandard, RFC 8878.
public enum Zstandard {
    /// Its name as a content coding, by the registry of IANA.
    public static let name = "zstd"

    /// Whether bytes begin as a frame does: no text in UTF-8, and no map or list in MessagePack, does.
    public static func isFrame(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 4 && bytes[0] == 0x28 && bytes[1] == 0xb5 && bytes[2] == 0x2f && bytes[3] == 0xfd
    }

    /// Compresses bytes into one frame that tells their number.
    ///
    /// - Parameter level: 1, the fastest, to 19.
    /// - Returns: `nil` if it does not make them smaller by a tenth at least: then it is not worth the work of expanding them.
    public static func compress(_ bytes: [UInt8], level: Int = 1) -> [UInt8]? {
        let capacity = bytes.count - bytes.count / 10
        let frame = [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
            let written = bytes.withUnsafeBytes {
                ZSTD_compress(target.baseAddress, target.count, $0.baseAddress, $0.count, Int32(clamping: level))
            }
            // Without room for the frame it is an error.
            count = ZSTD_isError(written) == 0 ? written : 0
        }
        return frame.isEmpty ? nil : frame
    }

    /// What one frame or several expand to, as their headers say, without expanding them; ``decompress(_:maximumByteCount:)`` holds them to it.
    ///
    /// - Returns: `nil` if a frame does not say.
    /// - Throws: ``CompressionError`` for what is no frame, or cut short.
    public static func expandedByteCount(of bytes: [UInt8]) throws(CompressionError) -> Int? {
        let (status, count) = bytes.withUnsafeBytes { source -> (FrameWalk, UInt64) in
            var (rest, total) = (source[...], UInt64(0))
            while !rest.isEmpty {
                let frame = UnsafeRawBufferPointer(rebasing: rest)
                let announced = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
                if announced == mlserving_zstd_size_error() { return (.noFrame, 0) }
                let length = ZSTD_findFrameCompressedSize(frame.baseAddress, frame.count)
                if ZSTD_isError(length) != 0 || length == 0 || length > frame.count { return (.cutShort, 0) }
                if announced == mlserving_zstd_size_unknown() { return (.unknown, 0) }
                let (sum, overflow) = total.addingReportingOverflow(announced)
                total = overflow ? .max : sum
                rest = rest.dropFirst(length)
            }
            return (.known, total)
        }
        switch status {
        case .known where !bytes.isEmpty: return Int(clamping: count)
        case .unknown: return nil
        case .cutShort: throw CompressionError(message: "the frame is cut short")
        default: throw CompressionError(message: "the bytes are no Zstandard frame")
        }
    }

    /// How a walk over frames ends.
    private enum FrameWalk { case known, unknown, noFrame, cutShort }

    /// Expands one frame or several, one after the other.
    ///
    /// - Parameter maximumByteCount: The most that may come of it. Whatever a frame says of itself, not much more is reserved than has come of
    ///   it so far.
    /// - Throws: ``CompressionError``.
    public static func decompress(_ bytes: [UInt8], maximumByteCount: Int) throws(CompressionError) -> [UInt8] {
        guard let context = ZSTD_createDCtx() else { throw CompressionError(message: "no memory to expand in") }
        defer { ZSTD_freeDCtx(context) }
        let announced = bytes.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
        guard announced != mlserving_zstd_size_error() else { throw CompressionError(message: "the bytes are no Zstandard frame") }
        if announced != mlserving_zstd_size_unknown(), announced > UInt64(maximumByteCount) { throw .tooLarge(maximumByteCount) }

        var output: [UInt8] = []
        // One byte can stand for many, but honest ones seldom do for more than that.
        output.reserveCapacity(min(Int(clamping: announced), maximumByteCount, 64 * bytes.count + 1_024))
        var position = 0
        while true {
            // One byte more than may come, to see whether it does.
            let room = min(max(output.capacity - output.count, 65_536), maximumByteCount - output.count + 1)
            var (status, expandedCount) = (0, 0)
            output.append(addingCapacity: room) { target in
                target.withUnsafeMutableBufferPointer { target, count in
                    bytes.withUnsafeBytes { source in
                        var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: position)
                        var expanded = ZSTD_outBuffer(dst: target.baseAddress, size: room, pos: 0)
                        status = ZSTD_decompressStream(context, &expanded, &input)
                        (position, expandedCount) = (input.pos, expanded.pos)
                    }
                    count = expandedCount
                }
            }
            if ZSTD_isError(status) != 0 { throw CompressionError(message: String(cString: ZSTD_getErrorName(status))) }
            if output.count > maximumByteCount { throw .tooLarge(maximumByteCount) }
            // Zero: a frame is over.
            if status == 0, position == bytes.count { return output }
            if status != 0, position == bytes.count, expandedCount < room { throw CompressionError(message: "the frame is cut short") }
        }
    }
}
