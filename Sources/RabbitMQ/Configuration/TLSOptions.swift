/// How a connection is encrypted, and whom it trusts. TLS 1.2 is the least version that is spoken.
public struct TLSOptions: Sendable, Hashable {
    /// A PEM file of the certificate authorities to trust.
    public var certificateAuthorityFile: String
    /// A PEM file of the client's certificate chain, if the broker asks for one. Goes with ``keyFile``.
    public var certificateFile: String?
    /// A PEM file of the client's private key, unencrypted.
    public var keyFile: String?
    /// Whether the broker's certificate must come from a trusted authority.
    public var verifiesPeer: Bool
    /// Whether the broker's certificate must carry the host's name. Certificates for IP addresses never match: use names.
    public var verifiesHost: Bool

    /// Makes options that trust the system's authorities and verify everything.
    public init(
        certificateAuthorityFile: String = "/etc/ssl/certs/ca-certificates.crt", certificateFile: String? = nil, keyFile: String? = nil,
        verifiesPeer: Bool = true, verifiesHost: Bool = true
    ) {
        self.certificateAuthorityFile = certificateAuthorityFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.verifiesPeer = verifiesPeer
        self.verifiesHost = verifiesHost
    }
}
