/// What all sinks of one encode share.
///
/// The properties marked `@exclusivity(unchecked)` here and in ``EncodingSink`` are only read and written for an instant, by code of this
/// module that calls nobody else's meanwhile, so no two accesses overlap; the checks cost more than the work.
final class EncodingContext {
    let userInfo: [CodingUserInfoKey: any Sendable]
    @exclusivity(unchecked) var path = CodingPath()
    /// The first failure in a call that cannot throw; it makes the whole encode fail.
    @exclusivity(unchecked) private(set) var deferredError: (any Error)?
    @exclusivity(unchecked) private var idleSinks: [EncodingSink] = []
    /// Types seen that are not extensions, each in the one place its address allows; asking the runtime again is slow.
    @exclusivity(unchecked) private var plainTypes = InlineArray<8, UInt>(repeating: 0)

    init(userInfo: [CodingUserInfoKey: any Sendable]) {
        self.userInfo = userInfo
    }

    func fail(_ error: any Error) {
        if deferredError == nil { deferredError = error }
    }

    /// A sink for a container that grows beside the one it is nested in.
    func makeSink() -> EncodingSink {
        idleSinks.popLast() ?? EncodingSink(context: self, blockCapacity: 256)
    }

    /// Takes back a sink whose content has been copied.
    func recycle(_ sinks: inout [(offset: Int, sink: EncodingSink)], from mark: Int) {
        while sinks.count > mark {
            var sink = sinks.removeLast().sink
            // Somebody who still holds its container may write to it: such a sink is not used again.
            if isKnownUniquelyReferenced(&sink) {
                sink.reset()
                idleSinks.append(sink)
            }
        }
    }

    /// Breaks the cycle with the idle sinks, at the end.
    func abandon() {
        idleSinks = []
    }

    /// Throws what a call that cannot throw left behind.
    func finish() throws {
        abandon()
        if let deferredError { throw deferredError }
    }

    @inline(__always)
    func asExtension<Value>(_ value: Value) -> (any MessagePackExtension)? {
        let identity = UInt(bitPattern: ObjectIdentifier(Value.self))
        let place = Int(truncatingIfNeeded: (identity >> 4) & 7)
        if plainTypes[place] == identity { return nil }
        guard Value.self is any MessagePackExtension.Type, let value = value as? any MessagePackExtension else {
            plainTypes[place] = identity
            return nil
        }
        return value
    }
}
