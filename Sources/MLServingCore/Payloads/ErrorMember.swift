/// A ``ServingError`` as records and bare answers carry it.
struct ErrorMember: Codable {
    var code: String
    var message: String
    var retryable: Bool?

    init(_ error: ServingError) {
        code = error.code.rawValue
        message = error.message
        retryable = error.isRetryable
    }

    var error: ServingError {
        ServingError(code: .init(rawValue: code), message: message, isRetryable: retryable ?? false)
    }
}
