internal import MLServingCore

/// A task of Celery's protocol 2, as far as its headers tell.
struct CeleryTask: ForeignRequest {
    let id: String
    let name: String
    let destination: ResultDestination?
    let deadline: Int64?
    let notBefore: Int64?
    let inputCodec: any PayloadCodec
    let outputCodec: any PayloadCodec
    let message: Message
    let configuration: CeleryConfiguration
    private let codecRefusal: ServingError?
    private let worker: WorkerEvents

    /// - Returns: `nil` for a message that is no task.
    init?(_ message: Message, codecs: PayloadCodecs, configuration: CeleryConfiguration, worker: WorkerEvents) {
        guard let name = message.headers["task"]?.string, let id = message.headers["id"]?.string, !id.isEmpty else { return nil }
        self.id = id
        self.name = name
        self.message = message
        self.configuration = configuration
        self.worker = worker
        deadline = message.headers["expires"]?.string.flatMap(CeleryDate.milliseconds)
        notBefore = message.headers["eta"]?.string.flatMap(CeleryDate.milliseconds)
        var refusal: ServingError?
        var codec: any PayloadCodec = JSONCodec()
        do throws(ServingError) {
            codec = try codecs.codec(for: message.contentType ?? ContentType.json.rawValue)
        } catch {
            refusal = error
        }
        if refusal == nil, codec.contentType != .json, codec.contentType != .pythonSerialize, codec.contentType != .pickle {
            refusal = ServingError(code: .unsupportedContentType, message: "a task's body is JSON or a pickle, not \(codec.contentType)")
        }
        if let compression = message.headers["compression"]?.string, !compression.isEmpty {
            refusal = ServingError(
                code: .unsupportedContentType, message: "the body is compressed by \(compression), which is not read here")
        }
        codecRefusal = refusal
        inputCodec = codec
        let isJSON = configuration.serializer == .json
        // Under the name that the input has, so that an encoded value can pass.
        outputCodec = isJSON ? JSONCodec() : codec.contentType == .json ? PickleCodec(contentType: .pythonSerialize) : codec
        let ignoresResult = message.headers["ignore_result"] == .bool(true)
        switch configuration.resultBackend {
        case _ where ignoresResult: destination = nil
        case .redis: destination = .store(key: "\(configuration.keyPrefix)celery-task-meta-\(id)")
        case .rpc:
            destination = message.replyTo.flatMap { $0.isEmpty ? nil : .reply(queue: $0, correlationID: message.correlationID ?? id) }
        }
    }

    /// How many times it was sent again by its application, or tried again by consumers of ours.
    var retries: Int64 {
        // Whoever sent it may have written anything.
        let counts = [message.headers["retries"], message.headers[MessageHeader.attempt]].map { min(max(0, $0?.integer ?? 0), 1_000_000) }
        return counts[0] + counts[1]
    }

    func input() throws(ServingError) -> ArraySlice<UInt8> {
        guard configuration.tasks.contains(name) else {
            let served = configuration.tasks.sorted().joined(separator: ", ")
            throw ServingError(code: .unknownTask, message: "the task '\(name)' is not one of those served here: \(served)")
        }
        if let codecRefusal { throw codecRefusal }
        return try CeleryBody(message.body, codec: inputCodec).input(of: name)
    }

    func notice(_ event: RequestEvent) {
        worker.notice(event, of: self)
    }
}

extension ServingError.Code {
    /// No predictor here serves a task of that name.
    static let unknownTask = ServingError.Code(rawValue: "unknown_task")
    /// The task's arguments are not one input.
    static let invalidArguments = ServingError.Code(rawValue: "invalid_arguments")
    /// The task is part of a workflow that is not served here.
    static let unsupportedWorkflow = ServingError.Code(rawValue: "unsupported_workflow")
}
