import CoreMetrics
import PrometheusMetrics
import Testing

/// The page of a registry as text, without the registry's own metric, which `dropped` gives.
private struct Page {
    let text: String
    let dropped: String

    init(_ registry: PrometheusRegistry) {
        let lines = String(decoding: registry.exposition(), as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let own = "metrics_dropped_series_total"
        dropped = lines.first { $0.hasPrefix(own + " ") }.map { String($0.dropFirst(own.count + 1)) } ?? ""
        text = lines.filter { !$0.contains(own) }.joined(separator: "\n")
    }
}

@Suite("PrometheusRegistry")
struct PrometheusRegistryTests {
    private func registry(maximumSeries: Int = 100, _ descriptions: [MetricDescription] = []) -> PrometheusRegistry {
        var configuration = PrometheusConfiguration(descriptions: descriptions)
        configuration.maximumSeries = maximumSeries
        configuration.valueBuckets = [1, 10]
        configuration.timeBuckets = [0.001, 2.5]
        return PrometheusRegistry(configuration: configuration)
    }

    // MARK: Kinds

    @Test func countersOfOneNameAreOneMetric() {
        let registry = registry([MetricDescription(name: "jobs_total", help: "Jobs that ended.")])
        Counter(label: "jobs_total", dimensions: [("result", "ok"), ("queue", "a")], factory: registry).increment(by: 2)
        Counter(label: "jobs_total", dimensions: [("queue", "a"), ("result", "failed")], factory: registry).increment()
        Counter(label: "jobs_total", dimensions: [("queue", "a"), ("result", "ok")], factory: registry).increment()
        #expect(
            Page(registry).text == """
                # HELP jobs_total Jobs that ended.
                # TYPE jobs_total counter
                jobs_total{queue="a",result="failed"} 1
                jobs_total{queue="a",result="ok"} 3

                """
        )
    }

    @Test func countersTakeFractionsAndNeverShrink() {
        let registry = registry()
        let counter = FloatingPointCounter(label: "seconds_total", factory: registry)
        counter.increment(by: 0.25)
        counter.increment(by: 1.5)
        registry.makeCounter(label: "seconds_total", dimensions: []).increment(by: 2)
        registry.makeCounter(label: "seconds_total", dimensions: []).increment(by: -5)
        registry.makeFloatingPointCounter(label: "seconds_total", dimensions: []).increment(by: -5)
        #expect(Page(registry).text == "# TYPE seconds_total counter\nseconds_total 3.75\n")
        counter.reset()
        #expect(Page(registry).text == "# TYPE seconds_total counter\nseconds_total 0\n")
    }

    @Test func gaugesAndMetersHoldTheirLastValue() {
        let registry = registry()
        Gauge(label: "depth", factory: registry).record(7)
        Gauge(label: "depth", factory: registry).record(3)
        let meter = Meter(label: "level", factory: registry)
        meter.set(10)
        meter.increment(by: 2.5)
        meter.decrement()
        #expect(Page(registry).text == "# TYPE depth gauge\ndepth 3\n# TYPE level gauge\nlevel 11.5\n")
    }

    @Test func recordersAreCumulativeHistograms() {
        let registry = registry()
        let sizes = Recorder(label: "size", dimensions: [("queue", "a")], factory: registry)
        for size in [0, 1, 2, 10, 11] { sizes.record(size) }
        sizes.record(Double.nan)
        #expect(
            Page(registry).text == """
                # TYPE size histogram
                size_bucket{queue="a",le="1"} 2
                size_bucket{queue="a",le="10"} 4
                size_bucket{queue="a",le="+Inf"} 5
                size_sum{queue="a"} 24
                size_count{queue="a"} 5

                """
        )
    }

    @Test func timersAreHistogramsInSeconds() {
        let registry = registry()
        let timer = Timer(label: "wait_seconds", factory: registry)
        timer.recordMilliseconds(1)
        timer.recordMilliseconds(500)
        timer.recordSeconds(3)
        registry.makeTimer(label: "wait_seconds", dimensions: []).recordNanoseconds(-7)
        #expect(
            Page(registry).text == """
                # TYPE wait_seconds histogram
                wait_seconds_bucket{le="0.001"} 2
                wait_seconds_bucket{le="2.5"} 3
                wait_seconds_bucket{le="+Inf"} 4
                wait_seconds_sum 3.501
                wait_seconds_count 4

                """
        )
    }

    @Test func descriptionsGiveBuckets() {
        let registry = registry([MetricDescription(name: "size", help: "Sizes.", buckets: [4, 2, .infinity, 2])])
        Recorder(label: "size", factory: registry).record(3)
        let buckets = Page(registry).text.split(separator: "\n").filter { $0.hasPrefix("size_bucket") }
        #expect(buckets == ["size_bucket{le=\"2\"} 0", "size_bucket{le=\"4\"} 1", "size_bucket{le=\"+Inf\"} 1"])
    }

    // MARK: Names and labels

    @Test(arguments: [
        ("http.requests", "http_requests_total"), ("9lives", "_9lives_total"), ("", "__total"), ("a:b_total", "a:b_total"),
        ("größe", "gr__e_total"),
    ])
    func namesAreMadeValid(label: String, name: String) {
        let registry = registry()
        Counter(label: label, factory: registry).increment()
        #expect(Page(registry).text == "# TYPE \(name) counter\n\(name) 1\n")
    }

    @Test func timersSayTheirUnit() {
        let registry = registry()
        Timer(label: "http.server.request.duration", factory: registry).recordSeconds(1)
        #expect(Page(registry).text.contains("\nhttp_server_request_duration_seconds_count 1\n"))
    }

    @Test(arguments: [
        ("http.status", "200", #"http_status="200""#), ("le", "1", #"_le="1""#), ("__name__", "x", #"_name__="x""#),
        ("a:b", "x", #"a_b="x""#), ("path", "C:\\dir \"x\"\r\ny", #"path="C:\\dir \"x\""# + "\r" + #"\ny""#), ("é", "é", #"_="é""#),
    ])
    func labelsAreMadeValid(name: String, value: String, text: String) {
        let registry = registry()
        Gauge(label: "g", dimensions: [(name, value)], factory: registry).record(1)
        #expect(Page(registry).text == "# TYPE g gauge\ng{\(text)} 1\n")
    }

    @Test func labelThatIsGivenTwiceHasItsLastValue() {
        let registry = registry()
        Gauge(label: "g", dimensions: [("a.b", "1"), ("a_b", "2")], factory: registry).record(1)
        #expect(Page(registry).text == "# TYPE g gauge\ng{a_b=\"2\"} 1\n")
    }

    @Test func helpIsOneLine() {
        let registry = registry([MetricDescription(name: "g", help: "a \\ and \"b\"\nand c")])
        Gauge(label: "g", factory: registry).record(1)
        #expect(Page(registry).text == "# HELP g a \\\\ and \"b\"\\nand c\n# TYPE g gauge\ng 1\n")
    }

    @Test(arguments: [
        (Double.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (0, "0"), (-3, "-3"), (0.1, "0.1"), (1e300, "1e+300"),
        (9_007_199_254_740_992, "9007199254740992"), (1e-9, "1e-09"),
    ])
    func numbersAreWritten(value: Double, text: String) {
        let registry = registry()
        Gauge(label: "g", factory: registry).record(value)
        #expect(Page(registry).text == "# TYPE g gauge\ng \(text)\n")
    }

    // MARK: What cannot be exposed

    @Test func nameOfAnotherKindIsDroppedAndCounted() {
        let registry = registry()
        Recorder(label: "size", factory: registry).record(1)
        Gauge(label: "size", factory: registry).record(5)
        Gauge(label: "size_count", factory: registry).record(5)
        Gauge(label: "a_sum", factory: registry).record(5)
        Recorder(label: "a", factory: registry).record(5)
        let page = Page(registry)
        #expect(page.dropped == "3")
        #expect(page.text.contains("size_count 1\n"))
        #expect(page.text.contains("a_sum 5\n"))
        #expect(!page.text.contains("a_bucket"))
    }

    @Test func seriesBeyondTheLimitAreDroppedAndCounted() {
        let registry = registry(maximumSeries: 3)
        for user in 0..<10 { Counter(label: "logins", dimensions: [("user", "\(user)")], factory: registry).increment() }
        Counter(label: "logins", dimensions: [("user", "1")], factory: registry).increment()
        let page = Page(registry)
        #expect(page.dropped == "7")
        let logins = [(0, 1), (1, 2), (2, 1)].map { "logins_total{user=\"\($0)\"} \($1)\n" }.joined()
        #expect(page.text == "# TYPE logins_total counter\n\(logins)")
    }

    @Test func seriesWithHugeLabelsAreDroppedAndCounted() {
        let registry = registry()
        Gauge(label: "g", dimensions: [("text", String(repeating: "x", count: 5_000))], factory: registry).record(1)
        #expect(Page(registry).text.isEmpty)
        #expect(Page(registry).dropped == "1")
    }

    @Test func destroyedSeriesMakesRoom() {
        let registry = registry(maximumSeries: 1)
        let counter = Counter(label: "a", factory: registry)
        counter.destroy()
        let timer = Timer(label: "a", factory: registry)
        timer.recordSeconds(1)
        #expect(Page(registry).text.contains("a_seconds_count 1\n"))
        timer.destroy()
        let gauge = Gauge(label: "a_seconds_count", factory: registry)
        gauge.record(1)
        #expect(Page(registry).text == "# TYPE a_seconds_count gauge\na_seconds_count 1\n")
        #expect(Page(registry).dropped == "0")
        Counter(label: "b", factory: registry).destroy()
        #expect(Page(registry).text == "# TYPE a_seconds_count gauge\na_seconds_count 1\n")
    }

    // MARK: Threads

    @Test func nothingIsLostBetweenThreads() async {
        let registry = registry()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let counter = Counter(label: "c", factory: registry)
                    let fractions = FloatingPointCounter(label: "f", factory: registry)
                    let sizes = Recorder(label: "r", factory: registry)
                    for number in 0..<10_000 {
                        counter.increment()
                        fractions.increment(by: 0.5)
                        sizes.record(number % 20)
                    }
                }
            }
        }
        let text = Page(registry).text
        let lines = [
            "c_total 80000", "f_total 40000", #"r_bucket{le="1"} 8000"#, #"r_bucket{le="10"} 44000"#, "r_count 80000", "r_sum 760000",
        ]
        for line in lines {
            #expect(text.contains("\(line)\n"), "\(line)")
        }
    }
}
