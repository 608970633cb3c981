/// Whom a connection trusts, and who it says we are. TLS 1.2 is the least version that is spoken.
///
/// The files are read for every connection, so that renewed certificates are used from the next one on.
public struct TLSConfiguration: Sendable, Hashable {
    /// What is checked of the server's certificate.
    public enum Verification: Sendable, Hashable {
        /// It comes from a trusted authority, is valid now, and is for the host (RFC 9525: in its subject alternative names).
        case full
        /// It comes from a trusted authority and is valid now, whichever host it is for. Whoever has any certificate of the authority can
        /// pose as the server.
        case authority
        /// Nothing: anyone in between can read and change everything. For tests only.
        case none
    }

    /// A PEM file of the authorities to trust; `nil`: those of the system.
    public var authorityFile: String?
    /// A PEM file of our certificate and those between it and its authority, in this order; `nil`: none. Goes with ``keyFile``.
    public var certificateFile: String?
    /// A PEM file of our private key.
    public var keyFile: String?
    /// What the private key is encrypted with; `nil`: it is not.
    public var keyPassword: String?
    /// What is checked of the server's certificate.
    public var verification: Verification
    /// The name or address that the server's certificate must be for; `nil`: the host that is connected to.
    public var serverName: String?

    /// Makes a configuration that trusts the system's authorities and verifies everything, unless told otherwise.
    public init(
        authorityFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil, keyPassword: String? = nil,
        verification: Verification = .full, serverName: String? = nil
    ) {
        self.authorityFile = authorityFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.keyPassword = keyPassword
        self.verification = verification
        self.serverName = serverName
    }

    /// Reads the files that the configuration names, and forgets them again.
    ///
    /// - Throws: ``TLSError`` that says which part cannot be used, and why. Blocks while it reads.
    public func check() throws(TLSError) {
        _ = try TLSContext(self, host: serverName ?? "localhost")
    }
}

extension TLSConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Everything but the password.
    public var description: String {
        let parts: [(String, String?)] = [
            ("authorities", authorityFile ?? "system"), ("certificate", certificateFile), ("key", keyFile),
            ("verification", "\(verification)"), ("server name", serverName),
        ]
        return "TLS(" + parts.compactMap { name, value in value.map { "\(name): \($0)" } }.joined(separator: ", ") + ")"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// The description alone: reflection must not show the password.
    public var customMirror: Mirror { Mirror(self, children: ["configuration": description]) }
}
