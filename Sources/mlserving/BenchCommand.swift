import ArgumentParser
import Glibc
import Logging
import MLServing

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure round trips through a running \"mlserving consume echo\".",
        discussion: """
            A fixed number of callers ask one after the other. In the same run the servers' own time is measured: a message \
            through an empty queue and its confirmation, and a record stored, announced and read, both without any serving.
            """
    )

    /// What is printed; also as JSON.
    struct Report: Encodable {
        var requests: Int
        var errors: Int
        var seconds: Double
        var requests_per_second: Double
        var p50_ms: Double
        var p99_ms: Double
        var p999_ms: Double
        /// Processor time of this process, the client.
        var cpu_us_per_request: Double
        /// The servers' own time for what one request needs of them, one at a time.
        var broker_p50_ms: Double
        var store_p50_ms: Double
    }

    @OptionGroup var serving: ServingOptions

    @Option(help: "How many requests to make.")
    var requests = 10_000

    @Option(help: "How many callers ask at once.")
    var inFlight = 1

    @Option(help: "The size of the input, a list of doubles, in bytes.")
    var payloadBytes = 2_400

    @Option(help: "How many requests to make before measuring.")
    var warmUp = 500

    @Option(help: "How many seconds a request may take.")
    var timeout = 30.0

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard requests > 0, inFlight > 0, payloadBytes > 0, warmUp >= 0, timeout > 0 else {
            throw ValidationError("Numbers must be positive.")
        }
    }

    func run() async throws {
        try await reportingErrors {
            let (loaded, reader) = try await serving.load()
            let logger = try serving.logger("mlserving.bench", reader: reader, default: .warning)
            var settings = loaded
            settings.producer.maximumInFlight = max(inFlight, settings.producer.maximumInFlight)
            let servers = try await ServerTimes.measure(settings: settings, logger: logger, payloadBytes: payloadBytes)
            let client = ProducerClient<[Double], [Double]>(settings: settings, logger: logger)
            _ = try await load(client, requests: max(1, warmUp))
            let cpuBefore = Self.cpuMicroseconds()
            let result = try await load(client, requests: requests)
            let cpu = Self.cpuMicroseconds() - cpuBefore
            await client.shutdown()
            let seconds = Double(result.duration.components.seconds) + Double(result.duration.components.attoseconds) * 1e-18
            let report = Report(
                requests: requests,
                errors: result.errors,
                seconds: seconds,
                requests_per_second: Double(requests) / seconds,
                p50_ms: result.latencies.percentile(0.5),
                p99_ms: result.latencies.percentile(0.99),
                p999_ms: result.latencies.percentile(0.999),
                cpu_us_per_request: Double(cpu) / Double(requests),
                broker_p50_ms: servers.broker.percentile(0.5),
                store_p50_ms: servers.store.percentile(0.5)
            )
            print(json ? String(decoding: try JSONCodec().encode(report), as: UTF8.self) : report.text)
            if result.errors > 0 { throw ExitCode.software }
        }
    }

    private struct LoadResult: Sendable {
        var latencies: Latencies
        var errors = 0
        var duration: Duration
    }

    /// Lets `inFlight` callers make requests until as many as are asked for have been made.
    private func load(_ client: ProducerClient<[Double], [Double]>, requests: Int) async throws -> LoadResult {
        let payload = (0..<max(1, payloadBytes / 8)).map { Double($0) * 0.001 }
        let wait = Duration.seconds(timeout)
        let start = ContinuousClock.now
        return try await withThrowingTaskGroup(of: (Latencies, Int, ServingError?).self) { group in
            for caller in 0..<inFlight {
                let share = requests / inFlight + (caller < requests % inFlight ? 1 : 0)
                group.addTask {
                    var latencies = Latencies()
                    var errors = 0
                    var failure: ServingError?
                    for _ in 0..<share {
                        let begin = ContinuousClock.now
                        do {
                            let answer = try await client.predict(payload, timeout: wait)
                            guard answer == payload else {
                                throw ServingError(code: .invalidOutput, message: "the echo differs from what was sent")
                            }
                            latencies.add(.now - begin)
                        } catch let error as ServingError {
                            errors += 1
                            failure = error
                        }
                    }
                    return (latencies, errors, failure)
                }
            }
            var result = LoadResult(latencies: Latencies(), duration: .zero)
            var failure: ServingError?
            for try await (latencies, errors, lastFailure) in group {
                result.latencies.add(latencies)
                result.errors += errors
                failure = lastFailure ?? failure
            }
            result.duration = .now - start
            // Without a single answer there is nothing to report but the reason.
            if result.errors == requests, let failure { throw failure }
            return result
        }
    }

    private static func cpuMicroseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1_000
    }
}

extension BenchCommand.Report {
    /// A table for people.
    var text: String {
        func number(_ value: Double) -> String {
            let thousandths = Int((value * 1_000).rounded())
            let fraction = String(thousandths % 1_000)
            return "\(thousandths / 1_000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
        }
        return """
            requests             \(requests) (\(errors) failed) in \(number(seconds)) s
            throughput           \(Int(requests_per_second)) requests/s
            latency              p50 \(number(p50_ms)) ms, p99 \(number(p99_ms)) ms, p99.9 \(number(p999_ms)) ms
            client CPU           \(number(cpu_us_per_request)) µs a request
            servers' own time    broker p50 \(number(broker_p50_ms)) ms, store p50 \(number(store_p50_ms)) ms (one at a time)
            """
    }
}
