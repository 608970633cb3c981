internal import JSON
internal import Logging

/// How lines of the log are written.
enum LogFormat: String, CaseIterable, Sendable {
    /// For people: `<time> <level> <label>: <key>=<value> … [<source>] <message>`.
    case text
    /// For programs: an object in each line.
    case json
}

/// An event of the log.
struct LogLine {
    let time: LogTime
    let level: Logger.Level
    let label: String
    /// The module that logs.
    let source: String
    let message: String
    let metadata: Logger.Metadata

    /// The line with its end.
    func bytes(in format: LogFormat) -> [UInt8] {
        var line =
            switch format {
            case .text: Array(text.utf8)
            case .json: object.bytes
            }
        line.append(UInt8(ascii: "\n"))
        return line
    }

    private var text: String {
        let pairs = sortedMetadata.map { "\($0.key)=\($0.value) " }.joined()
        return "\(time) \(level) \(label): \(pairs)[\(source)] \(message)"
    }

    private var object: JSONValue {
        var members: [JSONValue.Member] = [
            .init("time", .string(time.description)), .init("level", .string(level.rawValue)), .init("logger", .string(label)),
            .init("source", .string(source)), .init("message", .string(message)),
        ]
        if !metadata.isEmpty { members.append(.init("metadata", .object(sortedMetadata.map { .init($0.key, JSONValue($0.value)) }))) }
        return .object(members)
    }

    private var sortedMetadata: [(key: String, value: Logger.MetadataValue)] { metadata.sorted { $0.key < $1.key } }
}

extension JSONValue {
    /// Metadata as they are nested; whatever is no table and no list is a string.
    fileprivate init(_ value: Logger.MetadataValue) {
        self =
            switch value {
            case .string(let text): .string(text)
            case .stringConvertible(let value): .string(value.description)
            case .array(let values): .array(values.map { JSONValue($0) })
            case .dictionary(let values):
                .object(values.sorted { $0.key < $1.key }.map { Member($0.key, JSONValue($0.value)) })
            }
    }
}
