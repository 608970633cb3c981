/// Why a benchmark has no result.
struct BenchmarkError: Error, CustomStringConvertible {
    var message: String
    var description: String { message }
}
