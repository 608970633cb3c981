/// What each error code means: the one place that decides it.
///
/// Exit codes, HTTP statuses, what goes to the dead letters and the default of ``ServingError/isRetryable`` are read from here. The same rows are
/// in `Tests/Vectors/errors.json`, for tests in other languages, and in `docs/errors.md`, for users.
public enum ErrorTable {
    /// A row for each code that ``ServingError/Code`` names.
    public static let rows: [ErrorRow] = requestRows + servingRows + clientRows

    /// The row of a code.
    ///
    /// A code that is not in the table is a predictor's own. Its row is that of ``ServingError/Code/predictionFailed``, but for the code itself and
    /// the class in Python, which is the base class `ServingError`.
    public static func row(for code: ServingError.Code) -> ErrorRow {
        rowsByCode[code]
            ?? ErrorRow(
                code, exit: 70, http: 500, grpc: .unknown, openAI: "server_error", graphQL: "PREDICTION_FAILED", python: "ServingError",
                meaning: "The predictor failed, and has a code of its own for it.",
                advice: "See what the predictor says of the code.")
    }

    private static let rowsByCode = Dictionary(uniqueKeysWithValues: rows.map { ($0.code, $0) })

    /// The request is wrong.
    private static let requestRows = [
        ErrorRow(
            .invalidInput, exit: 65, http: 422, grpc: .invalidArgument, openAI: "invalid_request_error", graphQL: "BAD_USER_INPUT",
            python: "InvalidInputError",
            meaning: "The input cannot be encoded or decoded, or the predictor refuses it.",
            advice: "Correct the input; the message names the part that is wrong."),
        ErrorRow(
            .malformedRequest, exit: 65, http: 400, grpc: .invalidArgument, openAI: "invalid_request_error", graphQL: "BAD_REQUEST",
            python: "MalformedRequestError",
            meaning: "The request as a message is malformed: its headers contradict its body, or name a place where no answer may go.",
            advice: "Correct the program that published it; the message contract is in docs/architecture.md."),
        ErrorRow(
            .unsupportedContentType, exit: 65, http: 415, grpc: .invalidArgument, openAI: "invalid_request_error",
            graphQL: "UNSUPPORTED_CONTENT_TYPE", python: "UnsupportedContentTypeError",
            meaning: "The consumer does not decode that content type or content encoding.",
            advice: "Use one of those that the message lists."),
        ErrorRow(
            .tooLarge, exit: 65, http: 413, grpc: .resourceExhausted, openAI: "invalid_request_error", graphQL: "TOO_LARGE",
            python: "TooLargeError",
            meaning: "The request, or its result, is larger than the broker, the store or the consumer takes.",
            advice: "Send fewer or smaller inputs in a request, or raise the limit that the message names."),
    ]

    /// The model, or the consumer that holds it, has failed.
    private static let servingRows = [
        ErrorRow(
            .predictionFailed, exit: 70, http: 500, grpc: .unknown, openAI: "server_error", graphQL: "PREDICTION_FAILED",
            python: "PredictionFailedError",
            meaning: "The predictor failed.",
            advice: "Find the reason in the consumer's log, correct the predictor, and replay the dead letter."),
        ErrorRow(
            .crashed, exit: 70, http: 500, grpc: .internal, openAI: "server_error", graphQL: "CRASHED", python: "CrashedError",
            meaning: "Consumers died, several times, while they held nothing but this request.",
            advice: "Look at the dead letter: its input ends the process that predicts it."),
        ErrorRow(
            .resultRefused, exit: 70, http: 500, grpc: .internal, openAI: "server_error", graphQL: "RESULT_REFUSED",
            python: "ResultRefusedError",
            meaning: "The result was computed, and could not be delivered where the request wanted it.",
            advice: "Remove the reason for the refusal, which the message tells, and ask again."),
        ErrorRow(
            .invalidOutput, exit: 70, http: 502, grpc: .internal, openAI: "server_error", graphQL: "INVALID_OUTPUT",
            python: "InvalidOutputError",
            meaning: "The result cannot be decoded as what was asked for.",
            advice: "Have both sides agree on the type of the output."),
        ErrorRow(
            .expired, exit: 75, http: 504, grpc: .deadlineExceeded, openAI: "server_error", graphQL: "EXPIRED", python: "ExpiredError",
            isRetryable: true, restsWithDeadLetters: false,
            meaning: "The deadline passed.",
            advice: "Try again with more time, or add consumers."),
        ErrorRow(
            .cancelled, exit: 75, http: 503, grpc: .cancelled, openAI: "server_error", graphQL: "CANCELLED", python: "CancelledError",
            restsWithDeadLetters: false,
            meaning: "The request was cancelled.",
            advice: "Ask again if the prediction is wanted after all."),
    ]

    /// The client could not reach what serves, or may not.
    private static let clientRows = [
        ErrorRow(
            .overloaded, exit: 75, http: 503, grpc: .unavailable, openAI: "server_error", graphQL: "OVERLOADED", python: "OverloadedError",
            isRetryable: true,
            meaning: "The queue is full, or too many requests are in flight.",
            advice: "Try again after the time that the error names, or add consumers."),
        ErrorRow(
            .unroutable, exit: 69, http: 503, grpc: .unavailable, openAI: "server_error", graphQL: "UNROUTABLE", python: "UnroutableError",
            meaning: "No queue takes the request.",
            advice: "Start a consumer, or correct the name of the queue."),
        ErrorRow(
            .unavailable, exit: 69, http: 503, grpc: .unavailable, openAI: "server_error", graphQL: "UNAVAILABLE",
            python: "UnavailableError", isRetryable: true,
            meaning: "The broker or the store could not be reached.",
            advice: "Try again; if it lasts, see whether RabbitMQ and Redis run, and are where the configuration says."),
        ErrorRow(
            .refused, exit: 77, http: 502, grpc: .internal, openAI: "server_error", graphQL: "REFUSED", python: "RefusedError",
            meaning: "The broker or the store refuses the client's credentials, rights or message, or cannot be trusted.",
            advice: "Correct the credentials, rights or certificates that the message names; docs/security.md lists the rights."),
        ErrorRow(
            .closed, exit: 69, http: 503, grpc: .unavailable, openAI: "server_error", graphQL: "CLOSED", python: "ClosedError",
            meaning: "The client has been closed.",
            advice: "Make another client."),
    ]
}
