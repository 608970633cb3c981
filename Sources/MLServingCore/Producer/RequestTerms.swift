/// What a request is made by, beside its body.
struct RequestTerms: Sendable {
    /// Which model is asked; `nil`: the one that the client's route leads to.
    var model: ModelAddress?
    /// What the caller says of it.
    var options: RequestOptions
    /// What the inputs are encoded by; `nil`: what the client's configuration says.
    var codec: (any PayloadCodec)?

    init(model: ModelAddress? = nil, options: RequestOptions = RequestOptions(), codec: (any PayloadCodec)? = nil) {
        self.model = model
        self.options = options
        self.codec = codec
    }

    /// Whether the request may share a message with others of its model and timeout.
    var mayShare: Bool { codec == nil && options.isPlain }
}
