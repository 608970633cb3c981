/// What to do when a queue or an exchange exists and is not as declared, or when the user may not declare it.
public enum DeclarationConflict: Sendable {
    /// Throw the broker's refusal.
    case refuse
    /// Use what exists. The refusal is thrown only if there is nothing.
    ///
    /// - Parameter isLogged: Whether the log says how it differs, once in the life of the client.
    case useExisting(isLogged: Bool)
}
