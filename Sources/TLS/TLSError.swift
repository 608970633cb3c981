internal import COpenSSL

/// Why a connection cannot be encrypted, or is not trusted. Nothing in it is secret.
public struct TLSError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong. New reasons may be added.
    public struct Reason: Sendable, Hashable, CustomStringConvertible {
        /// The reason's name.
        public let description: String

        /// The file of authorities cannot be used.
        public static let authorityFile = Reason(description: "authorityFile")
        /// The file of our certificate cannot be used.
        public static let certificateFile = Reason(description: "certificateFile")
        /// The file of our private key cannot be used: also when it does not belong to the certificate, or the password is wrong.
        public static let keyFile = Reason(description: "keyFile")
        /// The server's certificate cannot be compared with such a name.
        public static let serverName = Reason(description: "serverName")
        /// The server's certificate, or one between it and its authority, has expired.
        public static let expired = Reason(description: "expired")
        /// The server's certificate, or one between it and its authority, is not valid yet.
        public static let notYetValid = Reason(description: "notYetValid")
        /// The server's certificate does not come from an authority that is trusted.
        public static let unknownAuthority = Reason(description: "unknownAuthority")
        /// The server's certificate is for another host.
        public static let wrongHost = Reason(description: "wrongHost")
        /// The server's certificate is not trusted for another reason.
        public static let untrusted = Reason(description: "untrusted")
        /// The server demands a certificate of ours, and there is none.
        public static let certificateDemanded = Reason(description: "certificateDemanded")
        /// The server does not accept our certificate.
        public static let certificateRefused = Reason(description: "certificateRefused")
        /// The peer does not speak TLS.
        public static let notTLS = Reason(description: "notTLS")
        /// The peer speaks no version of TLS that is accepted here.
        public static let version = Reason(description: "version")
        /// The server refuses the handshake: it may demand a client certificate, or share no cipher with us.
        public static let refused = Reason(description: "refused")
        /// The peer ended the connection, or it broke, without a goodbye.
        public static let cutOff = Reason(description: "cutOff")
        /// Anything else.
        public static let failed = Reason(description: "failed")
    }

    /// What is wrong.
    public let reason: Reason
    /// What is wrong with what, and what to do about it.
    public let message: String

    /// Makes an error.
    public init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    /// The message.
    public var description: String { message }
}

extension TLSError {
    /// The error that the C shim found.
    init(_ reason: mlserving_tls_reason, detail: String, configuration: TLSConfiguration, host: String) {
        let more = detail.isEmpty ? "" : " (\(detail))"
        switch reason {
        case mlserving_tls_reason_authorities:
            let source = configuration.authorityFile.map { "in \($0)" } ?? "of the system"
            self.init(.authorityFile, "the certificate authorities \(source) cannot be used: \(detail)")
        case mlserving_tls_reason_certificate:
            self.init(.certificateFile, "the client certificate \(configuration.certificateFile ?? "") cannot be used: \(detail)")
        case mlserving_tls_reason_key:
            self.init(.keyFile, "the private key \(configuration.keyFile ?? "") cannot be used: \(detail)")
        case mlserving_tls_reason_server_name:
            self.init(.serverName, "no certificate can be for the server name \"\(host)\": \(detail)")
        case mlserving_tls_reason_expired:
            self.init(.expired, "the server's certificate has expired\(more)")
        case mlserving_tls_reason_not_yet_valid:
            self.init(.notYetValid, "the server's certificate is not valid yet, by this machine's clock\(more)")
        case mlserving_tls_reason_unknown_authority:
            self.init(.unknownAuthority, "the server's certificate comes from no trusted authority\(more)")
        case mlserving_tls_reason_wrong_host:
            self.init(.wrongHost, "the server's certificate is not for \(host)\(more)")
        case mlserving_tls_reason_untrusted:
            self.init(.untrusted, "the server's certificate is not trusted\(more)")
        case mlserving_tls_reason_certificate_demanded:
            self.init(.certificateDemanded, "the server demands a client certificate\(more)")
        case mlserving_tls_reason_certificate_refused:
            self.init(.certificateRefused, "the server does not accept the client certificate\(more)")
        case mlserving_tls_reason_not_tls:
            self.init(.notTLS, "the peer does not speak TLS\(more); check the port")
        case mlserving_tls_reason_version:
            self.init(.version, "the peer speaks no version of TLS from 1.2 on\(more)")
        case mlserving_tls_reason_refused:
            let guess = configuration.certificateFile == nil ? "demand" : "not accept"
            self.init(.refused, "the server refuses the handshake\(more); it may \(guess) a client certificate, or share no cipher with us")
        case mlserving_tls_reason_none:
            self.init(.cutOff, "the peer ended the connection without TLS's goodbye; check that the port is one for TLS")
        default:
            self.init(.failed, "the TLS connection failed\(more)")
        }
    }

    /// Whether trying again as it is would end in the same way, as far as can be told.
    package var isLasting: Bool { reason != .cutOff && reason != .failed }
}
