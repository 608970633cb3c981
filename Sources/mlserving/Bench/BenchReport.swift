import MLServing

/// What is printed; also as JSON.
struct BenchReport: Encodable {
    /// Where the time of a request went, on average; missing for requests of several inputs, whose records nobody sees here.
    struct Times: Encodable {
        /// Encoding the input and decoding the output, as measured alone.
        var client_ms: Double
        /// From the publish until the consumer had it.
        var queue_ms: Double
        /// In the consumer, until it was given to the predictor.
        var batch_ms: Double
        /// In the predictor.
        var predict_ms: Double
        /// Storing, announcing and reading a record, as measured one at a time without load.
        var store_ms: Double
        /// The rest: waiting on the way to the store and back.
        var delivery_ms: Double
    }

    /// What a process holds after the warm-up and at the end.
    struct Held: Encodable {
        var memory_mb_before: Double
        var memory_mb_after: Double
        var descriptors_before: Int
        var descriptors_after: Int

        init(_ before: ProcessResources, _ after: ProcessResources) {
            memory_mb_before = Double(before.residentBytes) / 1e6
            memory_mb_after = Double(after.residentBytes) / 1e6
            descriptors_before = before.descriptors
            descriptors_after = after.descriptors
        }

        fileprivate var text: String {
            "\(BenchReport.number(memory_mb_before)) to \(BenchReport.number(memory_mb_after)) MB, "
                + "\(descriptors_before) to \(descriptors_after) descriptors"
        }
    }

    var requests: Int
    var errors: Int
    var seconds: Double
    var requests_per_second: Double
    var inputs_per_second: Double
    var p50_ms: Double
    var p99_ms: Double
    var p999_ms: Double
    /// Processor time of this process, the client.
    var cpu_us_per_request: Double
    /// What the client holds.
    var client: Held
    /// Processor time of the consumer, if it was named.
    var consumer_cpu_us_per_request: Double?
    /// What the consumer holds, if it was named.
    var consumer: Held?
    var times: Times?
    /// The servers' own time for what one request needs of them, one at a time.
    var broker_p50_ms: Double
    var store_p50_ms: Double

    /// A table for people.
    var text: String {
        var lines = [
            "requests             \(requests) (\(errors) failed) in \(Self.number(seconds)) s",
            "throughput           \(Int(requests_per_second)) requests/s, \(Int(inputs_per_second)) inputs/s",
            "latency              p50 \(Self.number(p50_ms)) ms, p99 \(Self.number(p99_ms)) ms, p99.9 \(Self.number(p999_ms)) ms",
            "client CPU           \(Self.number(cpu_us_per_request)) µs a request",
        ]
        lines.append("client holds         \(client.text)")
        if let consumer_cpu_us_per_request, let consumer {
            lines.append("consumer holds       \(consumer.text)")
            lines.append("consumer CPU         \(Self.number(consumer_cpu_us_per_request)) µs a request")
        }
        if let times {
            let parts = [
                ("client", times.client_ms), ("queue", times.queue_ms), ("batch", times.batch_ms), ("predict", times.predict_ms),
                ("store", times.store_ms), ("delivery", times.delivery_ms),
            ]
            lines.append("mean time            " + parts.map { "\($0) \(Self.number($1))" }.joined(separator: ", ") + " ms")
        }
        lines.append(
            "servers' own time    broker p50 \(Self.number(broker_p50_ms)) ms, store p50 \(Self.number(store_p50_ms)) ms (one at a time)")
        return lines.joined(separator: "\n")
    }

    private static func number(_ value: Double) -> String {
        let thousandths = Int((value * 1_000).rounded())
        let fraction = String(thousandths % 1_000)
        return "\(thousandths / 1_000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    }
}
