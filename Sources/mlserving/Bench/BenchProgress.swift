import Glibc

/// Tells on a terminal how far the requests have come.
struct BenchProgress {
    let requests: Int

    /// Runs `body`, and shows its progress twice a second if somebody looks.
    func show<Value: Sendable>(of measurements: Measurements, while body: () async throws -> Value) async rethrows -> Value {
        guard isatty(STDERR_FILENO) == 1 else { return try await body() }
        let start = ContinuousClock.now
        let display = Task {
            while !Task.isCancelled {
                write(measurements.count, since: start)
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
        defer {
            display.cancel()
            write("\r\u{1B}[K")
        }
        return try await body()
    }

    private func write(_ count: Int, since start: ContinuousClock.Instant) {
        let elapsed = start.duration(to: .now)
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
        write("\r\u{1B}[K\(count) of \(requests) requests, \(Int(Double(count) / max(seconds, 0.001)))/s")
    }

    private func write(_ text: String) {
        _ = text.withCString { Glibc.write(STDERR_FILENO, $0, strlen($0)) }
    }
}
