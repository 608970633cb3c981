// `environ` is a variable that any thread could change; this program changes its environment nowhere.
@preconcurrency internal import Glibc

/// The environment of this process.
enum ProcessEnvironment {
    /// All variables whose values are UTF-8, and the names of the others.
    static func read() -> (values: [String: String], malformed: [String]) {
        var values: [String: String] = [:]
        var malformed: [String] = []
        var entry: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = environ
        while let pointer = entry.pointee {
            let bytes = UnsafeBufferPointer(start: pointer, count: strlen(pointer)).map { UInt8(bitPattern: $0) }
            entry += 1
            guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")), let key = String(validating: bytes[..<equals], as: UTF8.self) else {
                continue
            }
            if let value = String(validating: bytes[(equals + 1)...], as: UTF8.self) {
                values[key] = value
            } else {
                malformed.append(key)
            }
        }
        return (values, malformed)
    }
}
