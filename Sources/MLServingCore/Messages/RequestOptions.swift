/// What a call may say of its request beside the input.
///
/// ```swift
/// let options = RequestOptions(timeout: .seconds(5), parameters: ["top_k": 3], metadata: ["tenant": "blue"])
/// let labels = try await client.predict(text, options: options)
/// ```
public struct RequestOptions: Sendable, Hashable {
    /// How many bytes of names and values ``parameters`` and ``metadata`` may have together. They travel in headers, for which a broker has
    /// little room.
    public static let maximumContentBytes = 16_384

    /// How long to wait, and within which time the prediction has to begin; `nil`: as the client's configuration says.
    public var timeout: Duration?

    /// How long the result is kept; `nil`: as the consumer's configuration says, which also sets a limit.
    public var resultTimeToLive: Duration?

    /// What the predictor is told beside the input. It reads them from its ``PredictionContext``.
    public var parameters: [String: ParameterValue]

    /// What the caller notes on the request, for logs and for whoever looks at it later. The predictor can read it.
    public var metadata: [String: String]

    /// Says nothing but what is given.
    ///
    /// - Parameters:
    ///   - timeout: How long to wait.
    ///   - resultTimeToLive: How long the result is kept.
    ///   - parameters: What the predictor is told beside the input.
    ///   - metadata: What the caller notes on the request.
    public init(
        timeout: Duration? = nil,
        resultTimeToLive: Duration? = nil,
        parameters: [String: ParameterValue] = [:],
        metadata: [String: String] = [:]
    ) {
        self.timeout = timeout
        self.resultTimeToLive = resultTimeToLive
        self.parameters = parameters
        self.metadata = metadata
    }

    /// Whether the request differs from others in nothing but its timeout, so that it may share a message with them.
    var isPlain: Bool { resultTimeToLive == nil && parameters.isEmpty && metadata.isEmpty }

    /// Writes what concerns the consumer into a message's headers.
    ///
    /// - Throws: ``ServingError`` with `too_large` when it is more than ``maximumContentBytes``, and with `malformed_request` for what no header can
    ///   carry.
    func write(into headers: inout MessageHeaders) throws(ServingError) {
        if isPlain { return }
        try checkSize()
        try checkForm()
        if let resultTimeToLive {
            headers[MessageHeader.resultTimeToLive] = .integer(max(1, min(resultTimeToLive, .seconds(31_536_000)).milliseconds))
        }
        if !parameters.isEmpty { headers[MessageHeader.parameters] = .table(parameters.mapValues(\.header)) }
        if !metadata.isEmpty { headers[MessageHeader.metadata] = .table(metadata.mapValues { .string($0) }) }
    }

    private func checkForm() throws(ServingError) {
        for name in Array(parameters.keys) + Array(metadata.keys) where name.utf8.count > 255 || name.utf8.contains(0) {
            let message = "the name of a parameter or of metadata has more than 255 bytes, or a zero byte: \(name.prefix(40))"
            throw ServingError(code: .malformedRequest, message: message)
        }
        for (name, value) in parameters {
            guard case .double(let number) = value, !number.isFinite else { continue }
            throw ServingError(code: .malformedRequest, message: "the parameter \(name) is no finite number")
        }
    }

    private func checkSize() throws(ServingError) {
        var count = 0
        for (name, value) in parameters { count += name.utf8.count + (value.string?.utf8.count ?? 8) }
        for (name, value) in metadata { count += name.utf8.count + value.utf8.count }
        guard count <= Self.maximumContentBytes else {
            let message = "parameters and metadata have \(count) bytes, a request may have \(Self.maximumContentBytes)"
            throw ServingError(code: .tooLarge, message: message)
        }
    }
}
