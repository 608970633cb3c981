internal import Hummingbird
internal import Logging

/// Turns every error into an answer with a fitting status and `{"Error": "…"}`, and answers `OPTIONS`.
struct ErrorResponses<Context: RequestContext>: RouterMiddleware {
    /// The methods that each path knows, for the answer to others.
    let allowedMethods: [String: [HTTPRequest.Method]]

    func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
        if request.method == .options, let allowed = allowedMethods(at: request.uri.path) {
            return Response(status: .noContent, headers: [.allow: allowed])
        }
        do {
            return try await next(request, context)
        } catch {
            let failure = answer(to: error, request)
            // What the caller did wrong is for the caller to know.
            context.logger.log(
                level: failure.status.code >= 500 ? .warning : .debug, "Request failed",
                metadata: [
                    "status": "\(failure.status.code)", "path": "\(request.uri.path)",
                    "error": "\(failure.status == .internalServerError ? "\(error)" : failure.message)",
                ]
            )
            return failure.response
        }
    }

    private func answer(to error: any Error, _ request: Request) -> HTTPFailure {
        let path = request.uri.path
        guard let error = error as? HTTPError, error.status == .notFound else { return HTTPFailure(error) }
        // The router looks for path and method together, and finds nothing when either does not fit.
        guard let allowed = allowedMethods(at: path) else { return HTTPFailure(.notFound, "there is nothing at \(path)") }
        return HTTPFailure(
            .methodNotAllowed, "\(path) does not know \(request.method.rawValue), only \(allowed)", headers: [.allow: allowed])
    }

    private func allowedMethods(at path: String) -> String? {
        // The router takes a path with a slash at its end for the same; `*` asks for the whole server.
        let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        let methods = path == "*" ? [.get, .head, .post] : allowedMethods[path]
        return methods.map { ($0 + [.options]).map(\.rawValue).joined(separator: ", ") }
    }
}
