internal import CRabbitMQ
internal import TLS

/// Connects to a node and logs in. Blocks: it runs on a thread of its own.
struct Login {
    let node: RabbitMQNode
    let configuration: RabbitMQConfiguration

    private static let maximumChannels: Int32 = 2_047

    func run() throws(RabbitMQError) -> Transport {
        guard let connection = amqp_new_connection() else { throw failure(.connectionFailed, "out of memory") }
        do throws(RabbitMQError) {
            try open(connection)
            try logIn(connection)
            return Transport(connection: connection, session: try borrowSession(of: connection), node: node)
        } catch {
            amqp_destroy_connection(connection)
            throw error
        }
    }

    // MARK: Socket

    private func open(_ connection: amqp_connection_state_t) throws(RabbitMQError) {
        var timeout = configuration.connectTimeout.timeval
        amqp_set_handshake_timeout(connection, &timeout)
        let socket = try makeSocket(connection)
        let status = amqp_socket_open_noblock(socket, node.host, Int32(node.port), &timeout)
        guard status == AMQP_STATUS_OK.rawValue else { throw failure(of: status, on: connection) }
    }

    private func makeSocket(_ connection: amqp_connection_state_t) throws(RabbitMQError) -> OpaquePointer {
        guard let tls = configuration.tls else {
            guard let socket = amqp_tcp_socket_new(connection) else { throw failure(.connectionFailed, "out of memory") }
            return socket
        }
        guard let socket = amqp_ssl_socket_new(connection), let context = amqp_ssl_socket_get_context(socket) else {
            throw failure(.tlsFailed, "cannot set up TLS")
        }
        do throws(TLSError) {
            // OpenSSL itself verifies everything during the handshake, addresses included, which the library's own check of the name
            // would refuse.
            try TLSContext.configure(OpaquePointer(context), as: tls, host: node.host)
        } catch {
            throw failure(.tlsFailed, error.message)
        }
        amqp_ssl_socket_set_verify_peer(socket, tls.verification == .none ? 0 : 1)
        amqp_ssl_socket_set_verify_hostname(socket, 0)
        return socket
    }

    private func borrowSession(of connection: amqp_connection_state_t) throws(RabbitMQError) -> BorrowedTLSSession? {
        guard let tls = configuration.tls else { return nil }
        guard let socket = amqp_get_socket(connection), let context = amqp_ssl_socket_get_context(socket),
            let session = BorrowedTLSSession(of: OpaquePointer(context), configuration: tls, host: node.host)
        else { throw failure(.tlsFailed, "the TLS session is not to be found") }
        return session
    }

    // MARK: Login

    private func logIn(_ connection: amqp_connection_state_t) throws(RabbitMQError) {
        let arena = Arena()
        var properties = try arena.table(clientProperties)
        let heartbeat = Int32(clamping: configuration.heartbeat.components.seconds)
        let frameMaximum = Int32(clamping: configuration.frameMaximum)
        let reply =
            switch configuration.credentials.mechanism {
            case .plain(let user, let password):
                mlserving_login_plain(
                    connection, configuration.virtualHost, Self.maximumChannels, frameMaximum, heartbeat, &properties, user, password)
            case .external(let identity):
                mlserving_login_external(
                    connection, configuration.virtualHost, Self.maximumChannels, frameMaximum, heartbeat, &properties, identity)
            }
        switch reply.reply_type {
        case AMQP_RESPONSE_NORMAL: return
        case AMQP_RESPONSE_SERVER_EXCEPTION: throw refusal(reply.reply)
        default: throw failure(of: reply.library_error, on: connection, hint: configuration.tls == nil ? Self.plainHint : "")
        }
    }

    private var clientProperties: FieldTable {
        var properties: FieldTable = [
            "product": "MLServing",
            "capabilities": .table([
                "connection.blocked": true, "consumer_cancel_notify": true, "publisher_confirms": true, "basic.nack": true,
                "authentication_failure_close": true,
            ]),
        ]
        if let name = configuration.connectionName { properties["connection_name"] = .string(name) }
        return properties
    }

    // MARK: Errors

    private func refusal(_ method: amqp_method_t) -> RabbitMQError {
        guard method.id == AMQP_CONNECTION_CLOSE_METHOD, let decoded = method.decoded else {
            return failure(.connectionFailed, "the broker refused the login")
        }
        let close = decoded.assumingMemoryBound(to: amqp_connection_close_t.self).pointee
        let closure = BrokerClosure(replyCode: close.reply_code, text: String(close.reply_text))
        return RabbitMQError(
            closure.isLastingRefusal ? .authenticationFailed : .connectionFailed,
            "the broker refused \(configuration.credentials) on virtual host \(configuration.virtualHost): \(closure.text)",
            node: node.description, replyCode: close.reply_code)
    }

    private static let plainHint = "; a broker that expects TLS hangs up on who does not speak it"
    private static let externalHint =
        "; the broker needs the plugin rabbitmq_auth_mechanism_ssl, EXTERNAL among its auth_mechanisms, and to verify the certificate"

    private func failure(of status: Int32, on connection: amqp_connection_state_t, hint: String = "") -> RabbitMQError {
        if let error = encryptionError(of: status, on: connection) {
            return failure(error.isLasting ? .tlsFailed : .connectionFailed, error.message)
        }
        var reason = String(cString: amqp_error_string2(status))
        if status == AMQP_STATUS_SOCKET_ERROR.rawValue, let failure = ConnectionAttempt.failure(to: node) { reason = failure.lowercased() }
        guard status == AMQP_STATUS_BROKER_UNSUPPORTED_SASL_METHOD.rawValue else { return failure(.connectionFailed, reason + hint) }
        if case .external = configuration.credentials.mechanism { return failure(.authenticationFailed, reason + Self.externalHint) }
        return failure(.authenticationFailed, reason)
    }

    /// Why the encryption failed, if that is what failed. The handshake of TLS 1.3 may end before the broker has judged our certificate,
    /// so that its refusal comes with the first read of the login.
    private func encryptionError(of status: Int32, on connection: amqp_connection_state_t) -> TLSError? {
        guard let tls = configuration.tls, let socket = amqp_get_socket(connection), let context = amqp_ssl_socket_get_context(socket)
        else { return nil }
        switch amqp_status_enum(rawValue: status) {
        case AMQP_STATUS_SSL_ERROR, AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED, AMQP_STATUS_SSL_PEER_VERIFY_FAILED,
            AMQP_STATUS_SSL_CONNECTION_FAILED:
            return TLSContext.failure(of: OpaquePointer(context), configuration: tls, host: node.host)
                ?? TLSError(.cutOff, "the peer ended the connection during the TLS handshake; check that the port is one for TLS")
        default:
            return nil
        }
    }

    private func failure(_ code: RabbitMQError.Code, _ reason: String) -> RabbitMQError {
        RabbitMQError(code, "cannot connect: \(reason)", node: node.description)
    }
}

extension Duration {
    /// The duration as the C library takes it, at least a microsecond.
    fileprivate var timeval: timeval {
        let (seconds, attoseconds) = components
        let microseconds = attoseconds / 1_000_000_000_000
        return CRabbitMQ.timeval(tv_sec: Int(seconds), tv_usec: seconds == 0 ? max(1, Int(microseconds)) : Int(microseconds))
    }
}
