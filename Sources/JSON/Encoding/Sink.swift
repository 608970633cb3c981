/// Where values are written to: one growing text, and the values in it that have not ended.
///
/// A value that encodes itself writes to the end of the text. A container that its user keeps and fills later (`nestedContainer`,
/// `superEncoder`) gets a sink of its own, whose text is put in its place in the end.
final class Sink {
    enum Form { case none, single, array, object }

    /// A value that is being written.
    struct Open {
        var form = Form.none
        var count = 0
        /// Told apart from others that were at the same level.
        let serial: Int
    }

    let userInfo: [CodingUserInfoKey: any Sendable]
    let maximumDepth: Int
    /// How many containers surround the sink.
    let depth: Int
    var output = JSONOutput()
    private(set) var open: [Open] = []
    private var serials = 0
    /// The arrays and objects among them.
    private var containers = 0
    private var parts: [(offset: Int, sink: Sink)] = []
    /// The first failure in a call that cannot throw; it makes the whole encode fail.
    private(set) var deferredError: (any Error)?

    init(userInfo: [CodingUserInfoKey: any Sendable], maximumDepth: Int, depth: Int) {
        self.userInfo = userInfo
        self.maximumDepth = maximumDepth
        self.depth = depth
    }

    /// Writes something, or nothing if that throws: its user may have another form for the value.
    func attempt(_ body: () throws -> Void) throws {
        let (byteCount, last, openCount, partCount, containerCount) = (output.bytes.count, open.last, open.count, parts.count, containers)
        do {
            try body()
        } catch {
            output.truncate(to: byteCount)
            open.removeSubrange(openCount...)
            if let last { open[openCount - 1] = last }
            parts.removeSubrange(partCount...)
            containers = containerCount
            throw error
        }
    }

    /// Encodes a value at the end of the text.
    func encode<Value: Encodable>(_ value: Value, _ path: @autoclosure () -> CodingPath) throws {
        if try writeDirectly(value, path()) { return }
        let encoder = try begin(path())
        try value.encode(to: encoder)
        try end(value, encoder)
    }

    /// Begins a value that writes itself through the encoder.
    func begin(_ path: CodingPath) throws -> ValueEncoder {
        // A value may be wrapped in others that write nothing of their own; they take stack all the same.
        guard open.count <= 2 * maximumDepth else { throw tooDeep(path) }
        serials += 1
        open.append(Open(serial: serials))
        return ValueEncoder(sink: self, level: open.count - 1, serial: serials, path: path)
    }

    private func end<Value>(_ value: Value, _ encoder: ValueEncoder) throws {
        if let deferredError { throw deferredError }
        if open[encoder.level].form == .none {
            guard encoder.level > 0 || depth > 0 else {
                throw EncodingError.invalidValue(
                    value, .init(codingPath: encoder.codingPath, debugDescription: "\(Value.self) encodes nothing"))
            }
            output.beginObject()
            output.endObject()
        }
        close()
    }

    private func close() {
        switch open.removeLast().form {
        case .array:
            output.endArray()
            containers -= 1
        case .object:
            output.endObject()
            containers -= 1
        case .none, .single: break
        }
    }

    /// The text with all parts in their places.
    func finish() throws -> [UInt8] {
        while let last = open.last {
            // Nobody wrote to a part.
            if last.form == .none {
                output.beginObject()
                output.endObject()
            }
            close()
        }
        if let deferredError { throw deferredError }
        guard !parts.isEmpty else { return output.bytes }
        var bytes: [UInt8] = []
        var start = 0
        for (offset, sink) in parts {
            bytes += output.bytes[start..<offset]
            bytes += try sink.finish()
            start = offset
        }
        return bytes + output.bytes[start...]
    }
}

// MARK: Writing to a value
extension Sink {
    /// Gets ready to write in the form; throws if the value has another, has ended, or has one within that has not.
    func prepare(_ level: Int, _ serial: Int, _ form: Form, _ path: @autoclosure () -> CodingPath) throws {
        try take(level, serial, form, path())
        if open[level].count > 0 { output.separate() }
        open[level].count += 1
    }

    /// Takes the form, and begins to write if it is that of a container.
    private func take(_ level: Int, _ serial: Int, _ form: Form, _ path: @autoclosure () -> CodingPath) throws {
        guard level == open.count - 1, open[level].serial == serial else {
            throw misuse("a value is written to after it has ended, or while a value within is encoded", path())
        }
        if open[level].form == form, form != .single { return }
        guard open[level].form == .none else { throw misuse("a value is written twice, or in two forms", path()) }
        if form != .single {
            try checkDepth(path())
            containers += 1
        }
        open[level].form = form
        switch form {
        case .array: output.beginArray()
        case .object: output.beginObject()
        case .none, .single: break
        }
    }

    /// Takes the form of a container before anything is in it, so that one that stays empty is written all the same.
    func begin(_ level: Int, _ serial: Int, _ form: Form, _ path: @autoclosure () -> CodingPath) {
        do { try take(level, serial, form, path()) } catch { fail(error) }
    }

    /// The elements that have been written.
    func count(_ level: Int, _ serial: Int) -> Int {
        level < open.count && open[level].serial == serial ? open[level].count : 0
    }

    /// A sink for a value that is written later, in its place here.
    func part(_ path: CodingPath) -> ValueEncoder {
        let sink = Sink(userInfo: userInfo, maximumDepth: maximumDepth, depth: depth + containers)
        parts.append((output.bytes.count, sink))
        do {
            return try sink.begin(path)
        } catch {
            fail(error)
            return ValueEncoder(sink: sink, level: 0, serial: 0, path: path)
        }
    }

    /// Throws if there is no room for one more array or object.
    func checkDepth(_ path: @autoclosure () -> CodingPath) throws {
        guard depth + containers < maximumDepth else { throw tooDeep(path()) }
    }

    private func tooDeep(_ path: CodingPath) -> EncodingError {
        .invalidValue(
            [], .init(codingPath: path.keys, debugDescription: "arrays and objects are nested deeper than the limit of \(maximumDepth)"))
    }

    func fail(_ error: any Error) {
        if deferredError == nil { deferredError = error }
    }

    private func misuse(_ message: String, _ path: CodingPath) -> EncodingError {
        .invalidValue([], .init(codingPath: path.keys, debugDescription: message))
    }
}
