/// Who waits for a reply.
///
/// Unsafe continuations, since one is spent on each command: whoever takes a waiter out of the ``CommandQueue`` tells it, and it leaves the
/// queue only once, by its reply, its cancellation, its deadline, or the end of the connection or the client.
enum CommandWaiter {
    case reply(UnsafeContinuation<RedisReply, any Error>)
    case replies(UnsafeContinuation<[RedisReply], any Error>)
    case completion(command: String, @Sendable (Result<RedisReply, RedisError>) -> Void)
    case pipelineCompletion(@Sendable (Result<[RedisReply], RedisError>) -> Void)

    func succeed(_ reply: RedisReply, node: RedisNode?) {
        switch (self, reply) {
        case (.reply(let continuation), _):
            continuation.resume(returning: reply)
        case (.completion(let command, let completion), .error(let error)):
            completion(.failure(.server(error, command: command, node: node)))
        case (.completion(_, let completion), _):
            completion(.success(reply))
        case (.replies, _), (.pipelineCompletion, _):
            succeed([reply])
        }
    }

    func succeed(_ replies: [RedisReply]) {
        switch self {
        case .replies(let continuation): continuation.resume(returning: replies)
        case .pipelineCompletion(let completion): completion(.success(replies))
        case .reply, .completion: preconditionFailure("a pipeline's replies go to whoever sent a pipeline")
        }
    }

    func fail(_ error: RedisError) {
        switch self {
        case .reply(let continuation): continuation.resume(throwing: error)
        case .replies(let continuation): continuation.resume(throwing: error)
        case .completion(_, let completion): completion(.failure(error))
        case .pipelineCompletion(let completion): completion(.failure(error))
        }
    }

    /// The task that waits was cancelled.
    func cancel() {
        switch self {
        case .reply(let continuation): continuation.resume(throwing: CancellationError())
        case .replies(let continuation): continuation.resume(throwing: CancellationError())
        case .completion, .pipelineCompletion: break
        }
    }
}
