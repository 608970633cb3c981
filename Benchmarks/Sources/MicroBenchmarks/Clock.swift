import Glibc

/// The system's clocks, in nanoseconds.
enum Clock {
    /// Time that passes.
    static var now: Double { read(CLOCK_MONOTONIC) }
    /// Processor time of the calling thread: what others on the machine do hardly counts.
    static var thread: Double { read(CLOCK_THREAD_CPUTIME_ID) }
    /// Processor time of the whole process.
    static var process: Double { read(CLOCK_PROCESS_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}
