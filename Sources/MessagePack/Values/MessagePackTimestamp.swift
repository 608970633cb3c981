/// An instant as the specification's timestamp extension, type −1: seconds since 1970-01-01 00:00:00 UTC and nanoseconds.
///
/// It takes the shortest of the three forms: 4 bytes for whole seconds until the year 2106, 8 bytes until 2514, 12 bytes otherwise.
public struct MessagePackTimestamp: Hashable, Sendable, Codable {
    /// Whole seconds since the epoch; negative before it.
    public var seconds: Int64
    /// Nanoseconds after the second, below 1,000,000,000.
    public var nanoseconds: UInt32

    /// Creates a timestamp. Surplus nanoseconds are carried into the seconds, up to the last second that there is.
    public init(seconds: Int64, nanoseconds: UInt32 = 0) {
        let (sum, overflow) = seconds.addingReportingOverflow(Int64(nanoseconds / Self.nanosecondsPerSecond))
        self.seconds = overflow ? .max : sum
        self.nanoseconds = nanoseconds % Self.nanosecondsPerSecond
    }

    /// Reads the form that coders without extensions use: a map of `seconds` and `nanoseconds`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        seconds = try container.decode(Int64.self, forKey: .seconds)
        nanoseconds = try container.decode(UInt32.self, forKey: .nanoseconds)
        guard nanoseconds < Self.nanosecondsPerSecond else {
            throw DecodingError.dataCorruptedError(
                forKey: .nanoseconds, in: container, debugDescription: "\(nanoseconds) nanoseconds are more than a second")
        }
    }

    private static let nanosecondsPerSecond: UInt32 = 1_000_000_000
}

extension MessagePackTimestamp: Comparable {
    /// True if `left` is earlier.
    public static func < (left: MessagePackTimestamp, right: MessagePackTimestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}

extension MessagePackTimestamp: MessagePackExtension {
    /// −1
    public static let extensionType: Int8 = -1

    /// 4, 8 or 12
    public var payloadByteCount: Int {
        if seconds < 0 || seconds >> 34 != 0 { return 12 }
        return nanoseconds == 0 && seconds >> 32 == 0 ? 4 : 8
    }

    /// Appends the shortest form.
    public func encodePayload(into payload: inout OutputRawSpan) {
        switch payloadByteCount {
        case 4:
            payload.append(UInt32(truncatingIfNeeded: seconds).bigEndian, as: UInt32.self)
        case 8:
            payload.append((UInt64(nanoseconds) << 34 | UInt64(seconds)).bigEndian, as: UInt64.self)
        default:
            payload.append(nanoseconds.bigEndian, as: UInt32.self)
            payload.append(seconds.bigEndian, as: Int64.self)
        }
    }

    /// Reads any of the three forms.
    public init(payload: RawSpan) throws {
        switch payload.byteCount {
        case 4:
            seconds = Int64(UInt32(bigEndian: payload.unsafeLoadUnaligned(as: UInt32.self)))
            nanoseconds = 0
        case 8:
            let bits = UInt64(bigEndian: payload.unsafeLoadUnaligned(as: UInt64.self))
            seconds = Int64(bits & (1 << 34 - 1))
            nanoseconds = UInt32(bits >> 34)
        case 12:
            nanoseconds = UInt32(bigEndian: payload.unsafeLoadUnaligned(as: UInt32.self))
            seconds = Int64(bigEndian: payload.unsafeLoadUnaligned(fromByteOffset: 4, as: Int64.self))
        default:
            throw MessagePackError.invalidExtension("a timestamp has 4, 8 or 12 bytes, not \(payload.byteCount)")
        }
        guard nanoseconds < Self.nanosecondsPerSecond else {
            throw MessagePackError.invalidExtension("a timestamp has \(nanoseconds) nanoseconds, more than a second")
        }
    }
}
