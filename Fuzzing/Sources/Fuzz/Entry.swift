internal import Glibc

// libFuzzer calls these two from its own main function, on one thread.

/// What `--target=NAME` has chosen.
nonisolated(unsafe) private var chosen: FuzzTarget?

/// Finds the target that the command line names. libFuzzer itself passes over options that begin with two dashes.
@_cdecl("LLVMFuzzerInitialize")
public func chooseTarget(
    _ count: UnsafePointer<CInt>, _ arguments: UnsafePointer<UnsafePointer<UnsafePointer<CChar>?>>
) -> CInt {
    let words = (0..<Int(count.pointee)).compactMap { arguments.pointee[$0].map { String(cString: $0) } }
    if words.contains("--list") {
        for target in FuzzTarget.all { print(target.name) }
        exit(0)
    }
    let prefix = "--target="
    let name = words.last { $0.hasPrefix(prefix) }?.dropFirst(prefix.count)
    chosen = FuzzTarget.all.first { $0.name == name ?? "" }
    guard chosen != nil else {
        print("usage: fuzz --target=NAME [libFuzzer's options] [files or directories]; --list names the targets")
        exit(2)
    }
    return 0
}

/// Hands one input to the target.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // A copy of its own, so that the address sanitizer sees a read past its end.
    chosen?.check(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}
