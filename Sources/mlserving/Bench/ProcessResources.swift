import Glibc
import MLServing

/// What a process on this machine has used, or holds.
struct ProcessResources {
    /// With all its threads, since it started.
    var processorMicroseconds: Int
    var residentBytes: Int
    /// Open files and sockets.
    var descriptors: Int

    /// Looks at a process.
    ///
    /// - Throws: ``ServingError`` with `invalid_input` when there is no such process, or not one of the caller's.
    init(of process: Int32) throws(ServingError) {
        var clock = clockid_t()
        var time = timespec()
        guard process > 0, clock_getcpuclockid(process, &clock) == 0, clock_gettime(clock, &time) == 0,
            let pages = Self.residentPages(of: process), let descriptors = Self.countDescriptors(of: process)
        else {
            throw ServingError(code: .invalidInput, message: "there is no process \(process) that can be looked at")
        }
        processorMicroseconds = time.tv_sec * 1_000_000 + time.tv_nsec / 1_000
        residentBytes = pages * sysconf(Int32(_SC_PAGESIZE))
        self.descriptors = descriptors
    }

    private static func residentPages(of process: Int32) -> Int? {
        guard let file = fopen("/proc/\(process)/statm", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        let fields = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: " ")
        return fields.count > 1 ? Int(fields[1]) : nil
    }

    private static func countDescriptors(of process: Int32) -> Int? {
        guard let directory = opendir("/proc/\(process)/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0
        while let entry = readdir(directory) {
            if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return count
    }
}
