extension ServingError {
    /// The error that a caller sees for a failure of the transport.
    public init(_ error: TransportError) {
        let code: Code =
            switch error.code {
            case .unroutable, .notFound: .unroutable
            case .overloaded: .overloaded
            case .closed: .closed
            case .tooLarge: .tooLarge
            case .refused, .notPermitted: .refused
            default: .unavailable
            }
        // A queue with other properties than those declared stays so until somebody changes one or the other.
        self.init(code: code, message: error.message, isRetryable: error.code == .mismatch ? false : nil)
    }
}
