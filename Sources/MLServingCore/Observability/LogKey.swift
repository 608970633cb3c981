/// The keys of the metadata that log lines carry, so that one can search for them.
enum LogKey {
    static let queue = "queue"
    static let model = "model"
    static let request = "request_id"
    static let inputs = "inputs"
    static let outcome = "outcome"
    static let reason = "reason"
    static let error = "error"
    static let attempt = "attempt"
    static let delay = "delay"
    static let count = "count"
    static let duration = "duration"
    static let prefetch = "prefetch"
    static let concurrency = "concurrency"
    static let producer = "producer_id"
    static let replyTo = "reply_to"
    static let resultKey = "result_key"
}
