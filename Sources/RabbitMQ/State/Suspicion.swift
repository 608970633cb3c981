/// What speaks against a message after which connections ended without a word from the broker.
///
/// Networks and brokers that restart end connections in the same way, so an ending says little. A message is guilty only if it alone was
/// unconfirmed on two connections that had lasted for a while without it and ended as soon as it was written, and if nothing since has spoken
/// for it: a connection that lasted with it or ended without it, or a broker that was away.
struct Suspicion: Equatable {
    /// What is to become of a message.
    enum Verdict: Equatable {
        /// It goes again with all others.
        case innocent
        /// It goes again in a group of suspects, which are halved.
        case suspect
        /// It is not sent again.
        case guilty
    }

    /// How a connection ended on which the message was unconfirmed.
    struct Ending {
        /// How long before its end the message was written.
        let sinceWritten: Duration
        /// How long before that the channel had been open.
        let provenFor: Duration
        /// Whether nothing else was under way on the connection.
        let isAlone: Bool
    }

    /// How long a connection has to last before a message that goes alone is written on it.
    static let probation = Duration.milliseconds(500)
    /// How long a group is waited for: a connection that lasts for so long with it has nothing against it.
    static let groupPatience = Duration.seconds(1)
    /// After how many endings in a row a message is suspected.
    private static let sharedMaximum = 2
    /// How many endings that are nobody else's a message may cause.
    private static let ownMaximum = 2

    /// How many connections in a row ended soon after the message was written.
    private(set) var endings = 0
    /// How many of them nothing else can have ended.
    private(set) var ownEndings = 0

    /// How soon the connection ends if it is for a message of so many bytes, which take time to be sent.
    static func promptness(ofBytes count: Int) -> Duration {
        min(groupPatience + .milliseconds(count >> 10), .seconds(4))
    }

    /// Counts the end of a connection on which a message of so many bytes was unconfirmed.
    mutating func count(_ ending: Ending, bytes: Int) -> Verdict {
        guard ending.sinceWritten < Self.promptness(ofBytes: bytes) else {
            acquit()
            return .innocent
        }
        endings += 1
        if ending.isAlone, ending.provenFor >= Self.probation { ownEndings += 1 }
        if endings > Self.sharedMaximum, ownEndings >= Self.ownMaximum { return .guilty }
        return endings >= Self.sharedMaximum ? .suspect : .innocent
    }

    /// A connection has ended without the message, for which another may be to blame.
    mutating func countEndingWithoutIt() {
        ownEndings = 0
    }

    /// Forgets everything: what happened is nobody's fault.
    mutating func acquit() {
        self = Suspicion()
    }
}
