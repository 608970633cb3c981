extension ServingError {
    /// What a caller hears whose result was computed and cannot be delivered.
    ///
    /// - Parameter byteCount: The size of the result.
    static func refusal(ofResultOf byteCount: Int, _ error: TransportError) -> ServingError {
        let reason = error.message.prefix(1_000)
        if error.code == .tooLarge {
            let advice = "ask for less at a time, or for smaller outputs"
            let message = "the result, \(byteCount) bytes, is too large to be delivered; \(advice): \(reason)"
            return ServingError(code: .tooLarge, message: message)
        }
        return ServingError(code: .resultRefused, message: "the result cannot be delivered where the request wants it: \(reason)")
    }

    /// What a dead letter says of a request without deadline whose result could not be stored for as long as results are kept.
    static func resultNotStored(_ error: TransportError) -> ServingError {
        ServingError(code: .resultRefused, message: "the result could not be stored in time: \(error.message.prefix(1_000))")
    }
}
