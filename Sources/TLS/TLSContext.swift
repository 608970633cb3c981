internal import COpenSSL

/// What one connection trusts and presents, as OpenSSL keeps it.
///
/// `@unchecked Sendable`: the context is written by the initializer alone, and OpenSSL counts references to it atomically. What it keeps of
/// a refused certificate is touched by the one session that is made of it, which belongs to one thread at a time.
package final class TLSContext: @unchecked Sendable {
    let pointer: OpaquePointer
    let configuration: TLSConfiguration
    let host: String

    /// Reads the files that the configuration names. Blocks.
    ///
    /// - Parameters:
    ///   - configuration: Whom to trust, and who we are.
    ///   - host: The name or address that is connected to.
    package init(_ configuration: TLSConfiguration, host: String) throws(TLSError) {
        guard let pointer = mlserving_tls_context_create() else { throw TLSError(.failed, "cannot set up TLS: out of memory") }
        do throws(TLSError) {
            try Self.configure(pointer, as: configuration, host: host)
        } catch {
            mlserving_tls_context_free(pointer)
            throw error
        }
        self.pointer = pointer
        self.configuration = configuration
        self.host = host
    }

    deinit {
        mlserving_tls_context_free(pointer)
    }

    // MARK: Contexts of other libraries

    /// Has another library's `SSL_CTX` for one connection trust and present what the configuration says. Blocks while it reads files.
    package static func configure(_ context: OpaquePointer, as configuration: TLSConfiguration, host: String) throws(TLSError) {
        try configuration.validate()
        let name = configuration.serverName ?? host
        let (reason, detail) = describing { detail, capacity in
            configuration.withOptions(host: name) { mlserving_tls_context_configure(context, &$0, detail, capacity) }
        }
        if reason != mlserving_tls_reason_none { throw TLSError(reason, detail: detail, configuration: configuration, host: name) }
    }

    /// Why a connection of a context that ``configure(_:as:host:)`` prepared has failed. To be asked on the thread where it did, next.
    ///
    /// - Returns: `nil` if OpenSSL knows of no reason.
    package static func failure(of context: OpaquePointer, configuration: TLSConfiguration, host: String) -> TLSError? {
        let (reason, detail) = describing { mlserving_tls_context_explain(context, $0, $1) }
        guard reason != mlserving_tls_reason_none else { return nil }
        return TLSError(reason, detail: detail, configuration: configuration, host: configuration.serverName ?? host)
    }

    /// The same of a session of this context.
    func failure() -> TLSError {
        Self.failure(of: pointer, configuration: configuration, host: host)
            ?? TLSError(mlserving_tls_reason_none, detail: "", configuration: configuration, host: host)
    }

    /// Calls C code that returns a reason and writes about it.
    private static func describing(
        _ body: (UnsafeMutablePointer<CChar>?, Int) -> mlserving_tls_reason
    ) -> (reason: mlserving_tls_reason, detail: String) {
        var detail = [CChar](repeating: 0, count: 512)
        let reason = detail.withUnsafeMutableBufferPointer { body($0.baseAddress, $0.count) }
        return (reason, String(decoding: detail.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
}

extension TLSConfiguration {
    fileprivate func validate() throws(TLSError) {
        if (certificateFile == nil) != (keyFile == nil) {
            throw TLSError(keyFile == nil ? .keyFile : .certificateFile, "a client certificate and its private key go together")
        }
        // What C would take for the end of a text.
        let texts = [authorityFile, certificateFile, keyFile, keyPassword, serverName]
        if texts.contains(where: { $0?.utf8.contains(0) == true }) {
            throw TLSError(.failed, "no file, password or server name may contain a zero byte")
        }
    }

    fileprivate func withOptions<Value>(host: String, _ body: (inout mlserving_tls_options) -> Value) -> Value {
        func withText<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
            guard let text else { return body(nil) }
            return text.withCString { body($0) }
        }
        var options = mlserving_tls_options()
        options.check =
            switch verification {
            case .full: mlserving_tls_check_everything
            case .authority: mlserving_tls_check_authority
            case .none: mlserving_tls_check_nothing
            }
        return withText(authorityFile) { authorities in
            withText(certificateFile) { certificate in
                withText(keyFile) { key in
                    withText(keyPassword) { password in
                        withText(host) { host in
                            options.authority_file = authorities
                            options.certificate_file = certificate
                            options.key_file = key
                            options.key_password = password
                            options.host = host
                            return body(&options)
                        }
                    }
                }
            }
        }
    }
}
