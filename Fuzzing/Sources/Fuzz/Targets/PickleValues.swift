@testable internal import Pickle

extension FuzzTarget {
    /// Any pickle: what is read can be written in each protocol, and reads as the same again.
    static let pickleValues = FuzzTarget("pickle-values") { bytes in
        let values = [PickleReader.LegacyStrings.latin1, .bytes].map { strings in
            decoding(bytes.count, factor: 640) { try reader(strings).read(bytes) }
        }
        // Whether keys of Python 2 are equal may depend on what they become, and nothing else does.
        for value in values { value.map(checkRoundTrips) }
    }

    /// Small limits, since a value is walked here as often as it occurs.
    private static func reader(_ strings: PickleReader.LegacyStrings = .latin1) -> PickleReader {
        var limits = PickleLimits()
        limits.maximumValues = 20_000
        limits.maximumExpandedSize = 1 << 20
        limits.maximumDepth = 64
        return PickleReader(limits: limits, legacyStrings: strings)
    }

    private static func checkRoundTrips(_ value: PickleValue) {
        for version in [PickleWriter.ProtocolVersion.two, .four] {
            for framing in [false, true] {
                var writer = PickleWriter(protocolVersion: version, framing: framing)
                writer.maximumDepth = 64
                checkRoundTrip(value, writer)
            }
        }
    }

    private static func checkRoundTrip(_ value: PickleValue, _ writer: PickleWriter) {
        let pickle = expectSuccess("a value that was read cannot be written") { try writer.write(value) }
        var wider = PickleReader()
        wider.limits.maximumDepth = 64
        let again = expectSuccess("a pickle of our own cannot be read") { try wider.read(pickle) }
        expect(expectSuccess("writing twice") { try writer.write(again) } == pickle, "a value changed on its way")
        expect(again.typeName == value.typeName, "a \(value.typeName) became a \(again.typeName)")
    }
}
