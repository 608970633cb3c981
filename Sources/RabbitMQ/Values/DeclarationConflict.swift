/// What to do when a queue or an exchange exists and is not as declared, or when the user may not declare it.
public enum DeclarationConflict: Sendable {
    /// Throw the broker's refusal.
    case refuse
    /// Use what exists, and say once in the log how it differs. The refusal is thrown only if there is nothing.
    case useExisting
}
