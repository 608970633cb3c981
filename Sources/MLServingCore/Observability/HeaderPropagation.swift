internal import Instrumentation
internal import ServiceContextModule

/// Carries a trace context in the headers of a message, as W3C `traceparent` with the usual tracers.
struct HeaderPropagation: Injector, Extractor {
    func inject(_ value: String, forKey key: String, into headers: inout MessageHeaders) {
        headers[key] = .string(value)
    }

    func extract(key: String, from headers: MessageHeaders) -> String? {
        headers[key]?.string
    }

    /// Whether anybody traces in this process.
    static var isActive: Bool { !(InstrumentationSystem.instrument is NoOpInstrument) }

    /// The trace context that a message came with.
    static func context(from headers: MessageHeaders) -> ServiceContext {
        var context = ServiceContext.topLevel
        InstrumentationSystem.instrument.extract(headers, into: &context, using: HeaderPropagation())
        return context
    }
}
