public import CoreMetrics

extension PrometheusRegistry: MetricsFactory {
    /// The counter with that label and those dimensions.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// The counter with that label and those dimensions.
    public func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        counter(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// The gauge with that label and those dimensions.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// The histogram, or without aggregation the gauge, with that label and those dimensions.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        let series: (any RecorderHandler)? = aggregate ? histogram(label, dimensions) : gauge(label, dimensions)
        return series ?? NOOPMetricsHandler.instance
    }

    /// The histogram in seconds with that label and those dimensions.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        timer(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// Exposes the counter no longer.
    public func destroyCounter(_ handler: any CounterHandler) {
        destroy(handler)
    }

    /// Exposes the counter no longer.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
        destroy(handler)
    }

    /// Exposes the gauge no longer.
    public func destroyMeter(_ handler: any MeterHandler) {
        destroy(handler)
    }

    /// Exposes the histogram or gauge no longer.
    public func destroyRecorder(_ handler: any RecorderHandler) {
        destroy(handler)
    }

    /// Exposes the histogram no longer.
    public func destroyTimer(_ handler: any TimerHandler) {
        destroy(handler)
    }

    private func destroy(_ handler: AnyObject) {
        if let series = handler as? any Series { remove(series) }
    }
}

extension PrometheusRegistry {
    /// Makes the registry the backend of all metrics of the process, as `MetricsSystem.bootstrap(_:)` does: once, and before the first metric is
    /// made.
    public func bootstrap() {
        MetricsSystem.bootstrap(self)
    }
}
