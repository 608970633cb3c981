import Foundation

/// Has the test command's RabbitMQ evaluate an expression, in a fraction of the time that `rabbitmqctl` takes.
enum BrokerCall {
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    /// Evaluates an expression that has to return `ok`.
    static func evaluate(_ expression: String) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            // It blocks, so it has a thread of its own.
            Thread.detachNewThread {
                continuation.resume(with: Result { try run(expression) })
            }
        }
    }

    private static func run(_ expression: String) throws {
        let output = FileManager.default.temporaryDirectory.appendingPathComponent("mlserving-test-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: output) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, descriptor, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        }
        let program = LiveServers.rabbitCall ?? ""
        var words: [UnsafeMutablePointer<CChar>?] = [strdup(program), strdup(expression), nil]
        defer { for word in words { free(word) } }
        var identifier = pid_t()
        let error = posix_spawn(&identifier, program, &actions, nil, &words, environ)
        guard error == 0 else { throw Failed(description: "\(program) does not start: error \(error)") }
        while waitpid(identifier, nil, 0) < 0, errno == EINTR {}
        let answer = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
        guard answer.hasPrefix("{ok, ok}") else { throw Failed(description: "\(expression): \(answer)") }
    }

    // MARK: Users

    /// Makes a user with three patterns of permissions: to declare, to write and to read.
    static func addUser(_ name: String, password: String, permissions: [String]) async throws {
        try await evaluate("rabbit_auth_backend_internal:add_user(\(quoted(name)), \(quoted(password)), <<\"tests\">>)")
        try await setPermissions(of: name, permissions)
    }

    /// Gives a user other permissions.
    static func setPermissions(of name: String, _ permissions: [String]) async throws {
        let patterns = permissions.map(quoted).joined(separator: ", ")
        try await evaluate("rabbit_auth_backend_internal:set_permissions(\(quoted(name)), <<\"/\">>, \(patterns), <<\"tests\">>)")
    }

    static func deleteUser(_ name: String) async throws {
        try await evaluate("rabbit_auth_backend_internal:delete_user(\(quoted(name)), <<\"tests\">>)")
    }

    // MARK: Queues

    static func deleteQueue(_ name: String) async throws {
        try await evaluate(
            """
            case rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, \(quoted(name)))) of
                {ok, Queue} -> {ok, _} = rabbit_amqqueue:delete(Queue, false, false, <<"tests">>), ok;
                _ -> ok
            end
            """)
    }

    static func deleteExchange(_ name: String) async throws {
        try await evaluate("rabbit_exchange:delete(rabbit_misc:r(<<\"/\">>, exchange, \(quoted(name))), false, <<\"tests\">>)")
    }

    static func unbind(_ queue: String, from exchange: String) async throws {
        let (source, target) = (
            "rabbit_misc:r(<<\"/\">>, exchange, \(quoted(exchange)))", "rabbit_misc:r(<<\"/\">>, queue, \(quoted(queue)))"
        )
        try await evaluate("rabbit_binding:remove({binding, \(source), \(quoted(queue)), \(target), []}, <<\"tests\">>)")
    }

    private static func quoted(_ text: String) -> String {
        "<<\"" + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"") + "\">>"
    }
}
