/// What a consumer asks of its batch former: the library's own source files, compiled here because they are no part of what it offers.
public struct BatchFormerLoad {
    private var former: BatchFormer<Int>
    private let batchSize: Int
    private var now = ContinuousClock.now

    /// - Parameters:
    ///   - batchSize: How many inputs arrive before a prediction thread is free.
    ///   - isAdaptive: Whether batches grow as far as it pays, as is the default, or up to a fixed number.
    public init(batchSize: Int, isAdaptive: Bool) {
        self.batchSize = batchSize
        let limits = isAdaptive ? BatchLimits.adaptive(targetLatency: .milliseconds(50)) : BatchLimits(maximumCount: batchSize)
        former = BatchFormer(limits: limits)
    }

    /// Lets inputs arrive, releases all of them in batches, and teaches what those took.
    ///
    /// - Returns: How many inputs left.
    public mutating func turn() -> Int {
        for input in 0..<batchSize {
            now += .microseconds(10)
            former.add(input, deadline: now + .seconds(60), at: now)
        }
        var count = 0
        while case .release(let inputs, _) = former.next(at: now) {
            count += inputs.count
            let duration = Duration.microseconds(2_000 + 50 * inputs.count)
            former.learn(cost: Double(inputs.count), duration: duration)
            now += duration
        }
        return count
    }
}
