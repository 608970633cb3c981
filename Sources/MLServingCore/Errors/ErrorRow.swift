/// What one error code means to everyone who meets it: a row of ``ErrorTable``.
public struct ErrorRow: Sendable, Hashable {
    /// The code.
    public let code: ServingError.Code

    /// What happened, in one sentence.
    public let meaning: String

    /// What to do about it, in one sentence.
    public let advice: String

    /// How a program ends that fails with it, in the numbers of BSD's `sysexits.h`.
    public let exitCode: Int32

    /// The status of an HTTP response to a caller who sent the input.
    ///
    /// A service that makes inputs of its own from what callers send decides which 4xx are its own fault.
    public let httpStatus: Int

    /// The status of a gRPC call by a caller who sent the input.
    public let grpcStatus: GRPCStatus

    /// The `type` of an error object in the form of OpenAI's API: `invalid_request_error` or `server_error`.
    public let openAIType: String

    /// `extensions.code` of an error in GraphQL. Where Apollo Server has a code for the same thing, it is that one.
    public let graphQLCode: String

    /// The name of the exception's class in the Python client.
    public let pythonClass: String

    /// Whether the same request may succeed later, unless the error itself says otherwise; see ``ServingError/isRetryable``.
    public let isRetryable: Bool

    /// Whether a request that ends so in a consumer goes to the dead letters.
    ///
    /// A request whose caller has gone, or whose time is over, does not: nobody wants it served.
    public let restsWithDeadLetters: Bool

    /// The `code` of an error object in the form of OpenAI's API, which is open: the code itself.
    public var openAICode: String { code.rawValue }

    init(
        _ code: ServingError.Code, exit exitCode: Int32, http httpStatus: Int, grpc grpcStatus: GRPCStatus, openAI openAIType: String,
        graphQL graphQLCode: String, python pythonClass: String, isRetryable: Bool = false, restsWithDeadLetters: Bool = true,
        meaning: String, advice: String
    ) {
        self.code = code
        self.meaning = meaning
        self.advice = advice
        self.exitCode = exitCode
        self.httpStatus = httpStatus
        self.grpcStatus = grpcStatus
        self.openAIType = openAIType
        self.graphQLCode = graphQLCode
        self.pythonClass = pythonClass
        self.isRetryable = isRetryable
        self.restsWithDeadLetters = restsWithDeadLetters
    }
}
