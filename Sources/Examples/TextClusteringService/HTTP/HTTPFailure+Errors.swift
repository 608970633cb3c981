internal import Hummingbird
internal import MLServing
internal import TextModels

extension HTTPFailure {
    /// The answer to an error, wherever it arose.
    init(_ error: any Error) {
        switch error {
        case let failure as HTTPFailure: self = failure
        case let error as TextCollectionError: self.init(error)
        case let error as ServingError: self.init(error)
        case let error as ClusteringError where error.code == .cancelled: self.init(CancellationError())
        case let error as ClusteringError: self.init(.badGateway, "the model's vectors cannot be clustered: \(error.message)")
        case is CancellationError: self.init(.serviceUnavailable, "the service is shutting down", retryAfter: 5)
        case let error as HTTPError: self.init(error.status, error.body ?? error.status.reasonPhrase, headers: error.headers)
        // What it is concerns nobody outside.
        default: self.init(.internalServerError, "the service failed unexpectedly; its log tells more")
        }
    }

    private init(_ error: TextCollectionError) {
        switch error.code {
        case .malformed: self.init(.badRequest, error.message)
        case .tooMany: self.init(.contentTooLarge, error.message)
        default: self.init(.unprocessableContent, error.message)
        }
    }

    /// The model is behind this service as behind a gateway. That it is away, busy or late has the table's status; any other failure is one of
    /// what is behind, and no fault of the caller, whose request has been found good.
    private init(_ error: ServingError) {
        switch (error.code.row.httpStatus, error.code) {
        case (504, _): self.init(.gatewayTimeout, "no answer from the model in time: \(error.message)")
        case (503, .overloaded): self.init(.serviceUnavailable, "too much work at the moment: \(error.message)", retryAfter: 1)
        case (503, .unroutable): self.init(.serviceUnavailable, "no model is being served: \(error.message)", retryAfter: 5)
        case (503, .unavailable): self.init(.serviceUnavailable, "the model cannot be reached: \(error.message)", retryAfter: 5)
        case (503, _): self.init(.serviceUnavailable, error.message, retryAfter: 5)
        default: self.init(.badGateway, "the model failed: \(error.message)")
        }
    }
}
