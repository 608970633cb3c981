internal import CFuzzing

/// Ends the process, and so makes the input a finding, unless the condition holds.
func expect(_ condition: Bool, _ what: @autoclosure () -> String, file: StaticString = #file, line: UInt = #line) {
    if !condition { fatalError(what(), file: file, line: line) }
}

/// The value; ends the process if there is an error, which `what` says is none of those that may be.
func expectSuccess<Value>(
    _ what: @autoclosure () -> String, file: StaticString = #file, line: UInt = #line, _ body: () throws -> Value
) -> Value {
    do {
        return try body()
    } catch {
        fatalError("\(what()): \(error)", file: file, line: line)
    }
}

/// The value, or nil if the input was refused with an error.
///
/// Ends the process if more memory was in use meanwhile than the input accounts for.
///
/// - Parameters:
///   - byteCount: The length of the input.
///   - factor: How many bytes each byte of the input may take.
///   - allowance: How many bytes may be taken besides.
func decoding<Value>(
    _ byteCount: Int, factor: Int, allowance: Int = 1 << 18, file: StaticString = #file, line: UInt = #line, _ body: () throws -> Value
) -> Value? {
    mlserving_allocations_begin()
    let value = try? body()
    let used = mlserving_allocations_end()
    expect(
        used <= byteCount * factor + allowance, "\(byteCount) bytes of input took \(used) bytes of memory", file: file, line: line)
    return value
}
