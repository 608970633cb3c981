import ArgumentParser
import Glibc
import Logging
import MLServing

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure round trips through a running \"mlserving consume echo\".",
        discussion: """
            Closed loop, the default: a fixed number of callers ask one after the other. Open loop, with --rate: so many requests \
            begin each second whatever becomes of earlier ones, and the latency counts from when a request was due. In the same run \
            the servers' own time is measured: a message through an empty queue and its confirmation, and a record stored, announced \
            and read, both without any serving.

            mlserving bench --in-flight 512 --requests 50000
            mlserving bench --rate 1000 --requests 20000 --json

            \(CommandHelp.environment(.producers))
            """
    )

    @OptionGroup var serving: ServingOptions

    @Option(help: "How many requests to make.")
    var requests = 10_000

    @Option(help: "How many requests are under way at once, at most.")
    var inFlight: Int?

    @Option(
        help: "Begin so many requests a second (open loop); the limit on those under way is 4096 then, unless --in-flight says otherwise.")
    var rate: DecimalNumber?

    @Option(help: "At which distances an open loop begins requests: fixed or poisson.")
    var arrivals = ArrivalPattern.poisson

    @Option(help: "The size of the input, a list of doubles, in bytes.")
    var payloadBytes = 2_400

    @Option(help: "How many inputs a request has; more than one travel as a list.")
    var items = 1

    @Flag(help: "Let requests that begin together share a message (COALESCE sets how many, default: 128).")
    var coalesce = false

    @Flag(help: "Only hand requests in, to fill a queue, and do not wait for results. Latencies are those of confirmations.")
    var submit = false

    @Flag(help: "Let callers run on the thread that serves the client's connections, as programs may whose own work takes microseconds.")
    var shareThread = false

    @Option(help: "How many requests to make before measuring.")
    var warmUp = 500

    @Option(help: "How many seconds a request may take.")
    var timeout = Seconds.whole(30)

    @Option(help: "The process id of the consumer, on this machine, to measure its processor time and memory too.")
    var consumerPid: Int32?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        try Self.check("--requests", requests, in: 1...1_000_000_000)
        try Self.check("--in-flight", inFlight ?? 1, in: 1...1_000_000)
        try Self.check("--payload-bytes", payloadBytes, in: 1...64 << 20)
        try Self.check("--items", items, in: 1...100_000)
        try Self.check("--warm-up", warmUp, in: 0...1_000_000_000)
        guard (0.001...1e9).contains(rate?.value ?? 1) else { throw ValidationError("--rate must be between 0.001 and 1000000000.") }
        // A request is made of so many inputs, each of which is in memory.
        guard payloadBytes.multipliedReportingOverflow(by: items).partialValue <= 256 << 20 else {
            throw ValidationError("--items times --payload-bytes must be at most \(256 << 20) bytes.")
        }
        if submit, coalesce || items > 1 { throw ValidationError("--submit hands in one input a message.") }
        if coalesce, items > 1 { throw ValidationError("--coalesce is for requests of one input, --items for lists.") }
    }

    func run() async throws {
        let (loaded, reader) = try await serving.load()
        let logger = try ProgramLog.logger("mlserving.bench", reader: reader, default: .warning)
        var settings = loaded
        let inFlight = inFlight ?? (rate == nil ? 1 : 4_096)
        settings.producer.maximumInFlight = max(inFlight, settings.producer.maximumInFlight)
        settings.producer.coalescing = coalesce ? settings.producer.coalescing ?? Coalescing() : nil
        let payload = (0..<max(1, payloadBytes / 8)).map { Double($0) * 0.001 }
        let servers = try await ServerTimes.measure(
            settings: settings, logger: logger, payloadBytes: payloadBytes, patience: timeout.duration)
        let client = ProducerClient<[Double], [Double]>(settings: settings, logger: logger)
        let load = BenchLoad(
            client: client, payload: payload, itemsPerRequest: items, inFlight: inFlight, timeout: timeout.duration,
            submits: submit, sharesThread: shareThread)
        let report: BenchReport
        do {
            report = try await measure(
                load, servers, clientTime: Self.codingTime(of: payload, with: settings.producer.codec),
                queue: settings.producer.route.routingKey)
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
        try Task.checkCancellation()
        try StandardOutput.print(json ? String(decoding: try JSONCodec().encode(report), as: UTF8.self) : report.text)
        if report.errors > 0 { throw ExitCode.software }
    }

    private static func check(_ option: String, _ value: Int, in range: ClosedRange<Int>) throws {
        guard range.contains(value) else {
            throw ValidationError("\(option) must be between \(range.lowerBound) and \(range.upperBound).")
        }
    }

    /// - Throws: ``ServingError`` when the queue answers none of the first requests.
    private func measure(_ load: BenchLoad, _ servers: ServerTimes, clientTime: Double, queue: String) async throws -> BenchReport {
        let warming = Measurements()
        try await load.run { await load.runClosed(requests: max(1, warmUp), into: warming, endsInVain: true) }
        try Task.checkCancellation()
        if warming.isInVain, var failure = warming.current.failure {
            failure.message = "the queue \(queue) answers no request: \(failure.message); see \"mlserving status\" for its consumers"
            throw failure
        }
        let measurements = Measurements()
        let start = ContinuousClock.now
        let (client, consumer) = (try ProcessResources(of: getpid()), try consumerPid.map { try ProcessResources(of: $0) })
        try await BenchProgress(requests: requests).show(of: measurements) {
            try await load.run { [self] in
                if let rate = rate?.value {
                    await load.runOpen(requests: requests, rate: rate, arrivals, into: measurements)
                } else {
                    await load.runClosed(requests: requests, into: measurements)
                }
            }
        }
        let duration = start.duration(to: .now)
        let clientAfter = try ProcessResources(of: getpid())
        let consumerAfter = try consumerPid.map { try ProcessResources(of: $0) }
        let result = measurements.current
        // Without a single answer there is nothing to report but the reason.
        if let failure = result.failure, result.answers == 0 { throw failure }
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
        return BenchReport(
            requests: requests,
            errors: result.errors,
            seconds: seconds,
            requests_per_second: Double(result.answers) / seconds,
            inputs_per_second: Double(result.answers * items) / seconds,
            p50_ms: result.latencies.percentile(0.5),
            p99_ms: result.latencies.percentile(0.99),
            p999_ms: result.latencies.percentile(0.999),
            cpu_us_per_request: Double(clientAfter.processorMicroseconds - client.processorMicroseconds) / Double(requests),
            client: BenchReport.Held(client, clientAfter),
            consumer_cpu_us_per_request: consumer.flatMap { consumer in
                consumerAfter.map { Double($0.processorMicroseconds - consumer.processorMicroseconds) / Double(requests) }
            },
            consumer: consumer.flatMap { consumer in consumerAfter.map { BenchReport.Held(consumer, $0) } },
            times: result.meanTimes(client: clientTime, store: servers.store.percentile(0.5)),
            broker_p50_ms: servers.broker.percentile(0.5),
            store_p50_ms: servers.store.percentile(0.5)
        )
    }

    /// What encoding an input and decoding an output take, in milliseconds.
    private static func codingTime(of payload: [Double], with codec: any PayloadCodec) throws -> Double {
        var times = Latencies()
        for _ in 0..<200 {
            let start = ContinuousClock.now
            _ = try codec.decode([Double].self, from: codec.encode(payload)[...])
            times.add(.now - start)
        }
        return times.percentile(0.5)
    }
}

extension Measurements.State {
    /// Where the time went on average, given what cannot be seen from outside; `nil` when no record told.
    fileprivate func meanTimes(client: Double, store: Double) -> BenchReport.Times? {
        guard timedCount > 0 else { return nil }
        let scale = 1e-3 / Double(timedCount)
        let (queue, batch, predict) = (Double(times.queued) * scale, Double(times.batching) * scale, Double(times.predicting) * scale)
        let rest = latencies.mean - client - queue - batch - predict - store
        return BenchReport.Times(
            client_ms: client, queue_ms: queue, batch_ms: batch, predict_ms: predict, store_ms: store, delivery_ms: max(0, rest))
    }
}
