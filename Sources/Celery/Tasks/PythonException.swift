internal import MLServingCore

/// An error as an exception that a Celery application raises where it waits.
struct PythonException {
    let type: String
    let module: String
    let message: String

    init(_ error: ServingError, task: String) {
        (type, module, message) =
            switch error.code {
            case .unknownTask: ("NotRegistered", "celery.exceptions", task)
            case .invalidArguments: ("TypeError", "builtins", error.message)
            case .unsupportedWorkflow: ("NotImplementedError", "builtins", error.message)
            case .invalidInput, .malformedRequest, .unsupportedContentType: ("ValueError", "builtins", error.message)
            case .crashed: ("WorkerLostError", "billiard.exceptions", error.message)
            case .expired: ("TaskRevokedError", "celery.exceptions", "expired")
            case .cancelled: ("TaskRevokedError", "celery.exceptions", "revoked")
            default: ("RuntimeError", "builtins", error.description)
            }
    }

    /// Whether the task counts as revoked, not as failed.
    var isRevocation: Bool { type == "TaskRevokedError" }

    /// As results hold it.
    var value: CeleryValue {
        .dictionary([
            ("exc_type", .string(type)), ("exc_message", .list([.string(message)])), ("exc_module", .string(module)),
        ])
    }

    /// As events and logs show it.
    var shown: String { "\(type)('\(message)')" }
}
