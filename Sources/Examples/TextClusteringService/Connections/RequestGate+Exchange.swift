internal import NIOHTTP1

extension RequestGate {
    /// A request that the service answers.
    struct Exchange {
        private let isHTTP10: Bool
        /// Whether the client waits for leave to send the body.
        var expectsContinue: Bool
        /// Whether the connection ends with it.
        var isLast: Bool
        /// Whether all of the request has come.
        var isComplete = false
        /// Whether the request will never be complete.
        var isBroken = false
        /// Whether the response has begun.
        private(set) var hasResponse = false
        var pace: BodyPace

        init(_ head: HTTPRequestHead, isLast: Bool, pace: BodyPace) {
            isHTTP10 = head.version.minor == 0
            expectsContinue = head.expectsContinue
            // The parser takes what follows a request for another protocol for that protocol, which nobody here speaks.
            self.isLast = isLast || !head.isKeepAlive || head.headers.contains(name: "Upgrade")
            self.pace = pace
        }

        /// Whether more of the body is of use.
        var takesBody: Bool { !isComplete && !isBroken && !hasResponse }

        /// Begins the response, and decides whether the connection outlasts it.
        mutating func begin(_ head: inout HTTPResponseHead) {
            hasResponse = true
            if isHTTP10 {
                // It knows no chunks: without a length, the end of the connection is the end of the body.
                head.version = .http1_0
                if !head.headers.contains(name: "Content-Length") { isLast = true }
            }
            // A client that has not sent all of its request may never do so, and nobody reads it.
            if !isComplete { isLast = true }
            if isLast {
                head.headers.replaceOrAdd(name: "Connection", value: "close")
            } else if isHTTP10 {
                head.headers.replaceOrAdd(name: "Connection", value: "keep-alive")
            }
        }
    }
}
