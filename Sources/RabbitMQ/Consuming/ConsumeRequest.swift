/// What a consumer asks the broker for.
struct ConsumeRequest: Sendable {
    let queue: String
    let prefetch: UInt16
    let isExclusive: Bool
    let isAutomaticallyAcknowledged: Bool
    let arguments: FieldTable
}
