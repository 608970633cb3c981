internal import CRabbitMQ

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
        } catch {
            amqp_destroy_connection(connection)
            throw error
        }
        return Transport(connection: connection, node: node, isEncrypted: configuration.tls != nil)
    }

    // MARK: Socket

    private func open(_ connection: amqp_connection_state_t) throws(RabbitMQError) {
        var timeout = configuration.connectTimeout.timeval
        amqp_set_handshake_timeout(connection, &timeout)
        let socket = try makeSocket(connection)
        let status = amqp_socket_open_noblock(socket, node.host, Int32(node.port), &timeout)
        guard status == AMQP_STATUS_OK.rawValue else { throw failure(of: status) }
    }

    private func makeSocket(_ connection: amqp_connection_state_t) throws(RabbitMQError) -> OpaquePointer {
        guard let tls = configuration.tls else {
            guard let socket = amqp_tcp_socket_new(connection) else { throw failure(.connectionFailed, "out of memory") }
            return socket
        }
        guard let socket = amqp_ssl_socket_new(connection) else { throw failure(.tlsFailed, "cannot set up TLS") }
        amqp_ssl_socket_set_verify_peer(socket, tls.verifiesPeer ? 1 : 0)
        amqp_ssl_socket_set_verify_hostname(socket, tls.verifiesHost ? 1 : 0)
        guard amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST) == AMQP_STATUS_OK.rawValue else {
            throw failure(.tlsFailed, "the TLS library does not offer TLS 1.2")
        }
        if tls.verifiesPeer {
            guard amqp_ssl_socket_set_cacert(socket, tls.certificateAuthorityFile) == AMQP_STATUS_OK.rawValue else {
                throw failure(.tlsFailed, "cannot read certificate authorities from \(tls.certificateAuthorityFile)")
            }
        }
        if let certificate = tls.certificateFile, let key = tls.keyFile {
            guard amqp_ssl_socket_set_key(socket, certificate, key) == AMQP_STATUS_OK.rawValue else {
                throw failure(.tlsFailed, "cannot read the client certificate \(certificate) with its key \(key)")
            }
        }
        return socket
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
        default: throw failure(of: reply.library_error)
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
        let code: RabbitMQError.Code = close.reply_code == 403 || close.reply_code == 530 ? .authenticationFailed : .connectionFailed
        return RabbitMQError(
            code,
            "the broker refused \(configuration.credentials) on virtual host \(configuration.virtualHost): \(String(close.reply_text))",
            node: node.description, replyCode: close.reply_code)
    }

    private func failure(of status: Int32) -> RabbitMQError {
        let reason = String(cString: amqp_error_string2(status))
        let code: RabbitMQError.Code =
            switch amqp_status_enum(rawValue: status) {
            case AMQP_STATUS_SSL_ERROR, AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED, AMQP_STATUS_SSL_PEER_VERIFY_FAILED,
                AMQP_STATUS_SSL_CONNECTION_FAILED:
                .tlsFailed
            case AMQP_STATUS_BROKER_UNSUPPORTED_SASL_METHOD: .authenticationFailed
            default: .connectionFailed
            }
        return failure(code, reason)
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
