extension RabbitMQError.Code {
    /// No node could be reached.
    public static let connectionFailed = Self("connectionFailed")
    /// The broker refused the user, the password, the certificate or the virtual host.
    public static let authenticationFailed = Self("authenticationFailed")
    /// The TLS handshake failed, or the certificate does not convince.
    public static let tlsFailed = Self("tlsFailed")
    /// The connection broke, or the broker closed it.
    public static let connectionLost = Self("connectionLost")
    /// The client has been stopped.
    public static let closed = Self("closed")
    /// The broker is out of memory or disk and takes no messages.
    public static let blocked = Self("blocked")
    /// The deadline passed.
    public static let timedOut = Self("timedOut")
    /// The calling task was cancelled.
    public static let cancelled = Self("cancelled")
    /// No queue is bound for the message; the broker returned it.
    public static let unroutable = Self("unroutable")
    /// The broker refused the message: the queue is full (`reject-publish`), or an internal failure.
    public static let refused = Self("refused")
    /// The broker takes no message of that size, or no headers of that size.
    public static let tooLarge = Self("tooLarge")
    /// Connections were lost over the message, which is not sent again.
    public static let poisonous = Self("poisonous")
    /// More publishes wait than the configuration allows.
    public static let overloaded = Self("overloaded")
    /// The queue or exchange does not exist.
    public static let notFound = Self("notFound")
    /// The queue or exchange exists and is not as declared, or an argument is wrong.
    public static let preconditionFailed = Self("preconditionFailed")
    /// The user may not do this, or another consumer uses the queue exclusively.
    public static let accessRefused = Self("accessRefused")
    /// Another connection owns the exclusive queue.
    public static let resourceLocked = Self("resourceLocked")
    /// The broker closed the channel for another reason.
    public static let channelClosed = Self("channelClosed")
    /// The broker cancelled the consumer: its queue was deleted or its node is down.
    public static let consumerCancelled = Self("consumerCancelled")
    /// The caller passed something that AMQP cannot carry.
    public static let invalidArgument = Self("invalidArgument")
    /// The peer sent what AMQP does not allow.
    public static let protocolViolation = Self("protocolViolation")
}
