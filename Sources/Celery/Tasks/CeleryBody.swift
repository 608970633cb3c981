internal import MLServingCore
internal import Pickle

/// The body of a task: positional arguments, keyword arguments, and what is to happen with the result.
struct CeleryBody {
    private let arguments: [ArraySlice<UInt8>]
    private let keywords: [(name: String, value: ArraySlice<UInt8>)]
    /// Which parts of a workflow hang on the task.
    private let workflow: [String]

    /// Takes a body apart; its arguments stay encoded.
    ///
    /// - Throws: ``ServingError`` with `malformed_request`.
    init(_ bytes: [UInt8], codec: any PayloadCodec) throws(ServingError) {
        do {
            let parts = codec.contentType == .json ? try JSONCodec().split(list: bytes[...]) : []
            if codec.contentType == .json {
                guard parts.count == 3 else { throw ServingError(code: .malformedRequest, message: "\(parts.count) parts instead of 3") }
                arguments = try JSONCodec().split(list: parts[0])
                keywords = try JSONCodec().split(object: parts[1])
                guard case .dictionary(let embedded) = try CeleryValue(json: parts[2]) else {
                    throw ServingError(code: .malformedRequest, message: "the third part is not an object")
                }
                workflow = Self.named(embedded.filter { !$0.1.isEmpty }.map(\.0))
            } else {
                (arguments, keywords, workflow) = try Self.unpickled(bytes)
            }
        } catch {
            throw ServingError(code: .malformedRequest, message: "the body is not one of Celery's protocol 2: \(error.plainWords)")
        }
    }

    /// The one input that the arguments are.
    ///
    /// - Throws: ``ServingError`` with `invalid_arguments` or `unsupported_workflow`.
    func input(of task: String) throws(ServingError) -> ArraySlice<UInt8> {
        if !workflow.isEmpty {
            let message = "\(task) is part of a workflow (\(workflow.joined(separator: ", "))), which this worker does not go on with"
            throw ServingError(code: .unsupportedWorkflow, message: message)
        }
        if arguments.count == 1, keywords.isEmpty { return arguments[0] }
        if arguments.isEmpty, keywords.count == 1, keywords[0].name == "input" { return keywords[0].value }
        let names = keywords.map(\.name).joined(separator: ", ")
        throw ServingError(
            code: .invalidArguments,
            message: "\(task)() takes one positional argument, or the keyword argument 'input', "
                + "but was given \(arguments.count) positional ones and the keywords [\(names)]")
    }

    private static func named(_ parts: some Sequence<String>) -> [String] {
        parts.filter { ["callbacks", "errbacks", "chain", "chord"].contains($0) }.sorted()
    }

    private static func unpickled(_ bytes: [UInt8]) throws -> ([ArraySlice<UInt8>], [(name: String, value: ArraySlice<UInt8>)], [String]) {
        func elements(_ value: PickleValue) throws -> [PickleValue] {
            switch value {
            case .list(let elements), .tuple(let elements): return elements
            default: throw ServingError(code: .malformedRequest, message: "a \(value.typeName) where a list belongs")
            }
        }
        func members(_ value: PickleValue) throws -> [(name: String, value: PickleValue)] {
            guard case .dictionary(let dictionary) = value else {
                throw ServingError(code: .malformedRequest, message: "a \(value.typeName) where a dict belongs")
            }
            return dictionary.entries.compactMap { entry in
                if case .string(let name) = entry.key { (name, entry.value) } else { nil }
            }
        }
        // The codec's bounds: what is held in common may not expand without end.
        let codec = PickleCodec()
        let parts = try elements(codec.decode(PickleValue.self, from: bytes[...]))
        guard parts.count == 3 else { throw ServingError(code: .malformedRequest, message: "\(parts.count) parts instead of 3") }
        let embedded = try members(parts[2]).filter { member in
            switch member.value {
            case .none: false
            case .list(let values), .tuple(let values): !values.isEmpty
            case .dictionary(let dictionary): !dictionary.entries.isEmpty
            default: true
            }
        }
        let keywords = try members(parts[1])
        return (
            try codec.write(each: try elements(parts[0]), of: bytes[...]),
            Array(zip(keywords.map(\.name), try codec.write(each: keywords.map(\.value), of: bytes[...]))),
            named(embedded.map(\.name))
        )
    }
}
