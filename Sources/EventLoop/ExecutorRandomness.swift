/// The random numbers of an executor.
public struct ExecutorRandomness: RandomNumberGenerator, Sendable {
    private let executor: any TimedExecutor

    /// Draws from an executor.
    public init(_ executor: any TimedExecutor) {
        self.executor = executor
    }

    /// 64 bits.
    public func next() -> UInt64 {
        executor.randomBits()
    }
}
