internal import TLS

/// How connections to a server are encrypted, whom they trust, and who we are there. TLS 1.2 is the least version that is spoken.
///
/// The files are read for every connection, so that renewed certificates are used from the next one on.
public struct TLSSettings: Sendable, Hashable {
    /// What is checked of the server's certificate.
    public enum Verification: String, Sendable, Hashable, CaseIterable {
        /// It comes from a trusted authority, is valid now, and is for the host, in its subject alternative names.
        case full
        /// It comes from a trusted authority and is valid now, whichever host it is for.
        case authority
        /// Nothing: anyone in between can read and change everything. For tests only.
        case none
    }

    /// A PEM file of the authorities to trust; `nil`: those of the system.
    public var authorityFile: String?
    /// A PEM file of our certificate, followed by those between it and its authority. Goes with ``keyFile``.
    public var certificateFile: String?
    /// A PEM file of our private key.
    public var keyFile: String?
    /// What the private key is encrypted with; `nil`: it is not.
    public var keyPassword: Secret?
    /// What is checked of the server's certificate.
    public var verification = Verification.full
    /// The name or address that the server's certificate must be for; `nil`: the host of the node.
    public var serverName: String?

    /// Encryption that trusts the system's authorities and verifies everything.
    public init() {}
}

extension TLSConfiguration {
    /// The settings as the clients take them.
    init(_ settings: TLSSettings) {
        self.init(
            authorityFile: settings.authorityFile, certificateFile: settings.certificateFile, keyFile: settings.keyFile,
            keyPassword: settings.keyPassword?.revealed, serverName: settings.serverName)
        verification =
            switch settings.verification {
            case .full: .full
            case .authority: .authority
            case .none: .none
            }
    }
}
