extension MessageProperties {
    /// The header that names what ``fitting(into:)`` dropped.
    static let droppedHeader = "x-dropped-headers"

    /// The most bytes of a text.
    private static let textMaximum = 255
    /// How many bytes the names of what was dropped may take, and how many each.
    private static let namesMaximum = 512
    private static let nameMaximum = 64

    /// The properties as they fit into a frame.
    ///
    /// A message that came from elsewhere may carry what cannot be published again: what AMQP cannot say, or more than a frame takes. Then a
    /// text that is too long is left out, and headers are, the largest first. The header `x-dropped-headers` names them.
    ///
    /// - Parameter room: How many bytes the properties may take.
    func fitting(into room: Int) -> MessageProperties {
        var fitting = self
        var dropped: [String] = []
        for (name, path) in Self.texts where (fitting[keyPath: path]?.utf8.count ?? 0) > Self.textMaximum {
            fitting[keyPath: path] = nil
            dropped.append(name)
        }
        var kept: [(index: Int, size: Int)] = []
        for (index, entry) in headers.enumerated() {
            if let size = entry.encodedSize() { kept.append((index, size)) } else { dropped.append(entry.name) }
        }
        let texts = Self.texts.reduce(0) { $0 + (fitting[keyPath: $1.path].map { 1 + $0.utf8.count } ?? 0) }
        // Flags, the size of the table, the numbers, and the header about what is dropped.
        let fixedSize = 2 + 4 + 10 + (Self.droppedHeader.utf8.count + 6 + Self.namesMaximum)
        var size = kept.reduce(texts + fixedSize) { $0 + $1.size }
        var isDropped: Set<Int> = []
        for (index, entrySize) in kept.sorted(by: { ($0.size, $0.index) > ($1.size, $1.index) }) where size > room {
            size -= entrySize
            isDropped.insert(index)
            dropped.append(headers[index].name)
        }
        let indices = kept.map(\.index).filter { !isDropped.contains($0) }
        fitting.headers = FieldTable(entries: indices.map { headers[$0] })
        if !dropped.isEmpty { fitting.headers[Self.droppedHeader] = .string(Self.list(dropped)) }
        return fitting
    }

    private static var texts: [(name: String, path: WritableKeyPath<MessageProperties, String?>)] {
        [
            ("content-type", \.contentType), ("content-encoding", \.contentEncoding), ("correlation-id", \.correlationID),
            ("reply-to", \.replyTo), ("expiration", \.expiration), ("message-id", \.messageID), ("type", \.type), ("user-id", \.userID),
            ("app-id", \.appID),
        ]
    }

    /// The names, as far as there is room for them, none longer than its share.
    private static func list(_ names: [String]) -> String {
        var list = ""
        for (index, name) in names.enumerated() {
            let shown = String(decoding: name.utf8.prefix(nameMaximum), as: UTF8.self)
            let more = " and \(names.count - index) more"
            guard list.utf8.count + shown.utf8.count + 2 + more.utf8.count <= namesMaximum else { return list + more }
            list += list.isEmpty ? shown : ", \(shown)"
        }
        return list
    }
}
