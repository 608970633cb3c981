internal import JSON

/// What a host announces of a model that it serves.
///
/// As an entry of the directory it is a JSON object, so that programs in any language read it.
struct Announcement: Sendable, Hashable {
    var address: ModelAddress
    var contentTypes: [String]
    var description: ModelDescription
    var host: AnnouncedModel.Host

    /// The name of its entry: one for each model of each host.
    var name: String { "\(address.queue)/\(host.id)" }

    /// The entry.
    ///
    /// - Throws: ``ModelHostError`` with `invalid_description` when it is larger than entries may be.
    func entry() throws(ModelHostError) -> DirectoryEntry {
        let value = object.bytes
        guard value.count <= DirectoryEntry.maximumByteCount else {
            let sizes = "\(value.count) bytes, of which \(DirectoryEntry.maximumByteCount) can be announced"
            throw ModelHostError(code: .invalidDescription, message: "the description of \(address) has \(sizes)")
        }
        return DirectoryEntry(name: name, value: value)
    }

    private var object: JSONValue {
        var members: [JSONValue.Member] = [.init("name", .string(address.name))]
        if let version = address.version { members.append(.init("version", .string(version))) }
        members.append(.init("queue", .string(address.queue)))
        members.append(.init("content_types", .array(contentTypes.map { .string($0) })))
        if let summary = description.summary { members.append(.init("summary", .string(summary))) }
        for (name, text) in [
            ("input_schema", description.inputSchema), ("output_schema", description.outputSchema), ("example", description.example),
        ] {
            guard let text, let value = try? JSONReader().read(Array(text.utf8)[...]) else { continue }
            members.append(.init(name, value))
        }
        let host: [JSONValue.Member] = [
            .init("id", .string(host.id)), .init("machine", .string(host.machine)), .init("process", .integer(host.processID)),
            .init("since", .integer(host.since)),
        ]
        members.append(.init("host", .object(host)))
        return .object(members)
    }

    /// Reads an entry; `nil` for what is no announcement. Whoever has the right to announce may have written anything.
    init?(_ entry: DirectoryEntry) {
        guard entry.value.count <= DirectoryEntry.maximumByteCount,
            let object = try? JSONReader(limits: JSONLimits(maximumDepth: 64)).read(entry.value[...]),
            let name = object["name"]?.string, let host = object["host"], let id = host["id"]?.string, id.utf8.count <= 64
        else { return nil }
        let version = object["version"]
        guard version == nil || version?.string != nil, let address = ModelAddress(name, version: version?.string) else { return nil }
        self.address = address
        contentTypes = object["content_types"]?.array?.prefix(100).compactMap(\.string) ?? []
        func text(_ name: String) -> String? { object[name].map { String(decoding: $0.bytes, as: UTF8.self) } }
        description = ModelDescription(
            summary: object["summary"]?.string, inputSchema: text("input_schema"), outputSchema: text("output_schema"),
            example: text("example"))
        self.host = AnnouncedModel.Host(
            id: id, machine: host["machine"]?.string ?? "", processID: host["process"]?.integer.flatMap { Int(exactly: $0) } ?? 0,
            since: host["since"]?.integer ?? 0)
    }

    init(address: ModelAddress, contentTypes: [String], description: ModelDescription, host: AnnouncedModel.Host) {
        self.address = address
        self.contentTypes = contentTypes
        self.description = description
        self.host = host
    }
}

extension JSONValue {
    fileprivate var array: [JSONValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    fileprivate var integer: Int64? {
        if case .number(let number) = self { number.integer() } else { nil }
    }
}
