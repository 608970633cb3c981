/// What makes equal inputs one, for predictors whose outputs depend on nothing but the input.
///
/// Equal inputs that a consumer holds at the same time are predicted once. What has been predicted is kept in the store, where every consumer of
/// the same model and version finds it. Inputs are equal when they have the same content type and the same value, however it is encoded.
///
/// Errors are not shared: of equal inputs, each that fails has failed by itself.
public struct ResultCaching: Sendable, Hashable {
    /// The model's name.
    public var model: String

    /// What changes whenever the model may answer otherwise.
    public var version: String

    /// How long outputs are kept; zero: only what is in flight is shared.
    public var timeToLive: Duration

    /// Names a model and how long its outputs hold.
    public init(model: String, version: String, timeToLive: Duration = .seconds(600)) {
        self.model = model
        self.version = version
        self.timeToLive = max(.zero, timeToLive)
    }
}
