internal import Hummingbird
internal import JSON
internal import Logging

extension Response {
    /// Lines of JSON that come while a job is worked on; the last one has its result, or why there is none.
    ///
    /// - Parameters:
    ///   - job: What is to be done.
    ///   - work: Does it, and tells how far it is.
    ///   - logger: Hears of failures.
    static func progress(
        of job: ClusteringJob, logger: Logger,
        work: @escaping ClusteringWork
    ) -> Response {
        let body = ResponseBody { writer in
            // Whoever reads slowly gets the newest only.
            let (updates, continuation) = AsyncStream.makeStream(of: ClusteringProgress.self, bufferingPolicy: .bufferingNewest(1))
            // Ends with this scope: a connection that is gone makes a write fail, and that cancels the work.
            async let last = lastLine(of: job, logger: logger, updates: continuation, work: work)
            for await update in updates { try await writer.write(line(update.json)) }
            try await writer.write(line(await last))
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store", .vary: "Accept"], body: body)
    }

    private static func lastLine(
        of job: ClusteringJob, logger: Logger, updates: AsyncStream<ClusteringProgress>.Continuation,
        work: ClusteringWork
    ) async -> JSONValue {
        defer { updates.finish() }
        do {
            return .object([.init("result", try await work(job) { updates.yield($0) }.json)])
        } catch {
            let failure = HTTPFailure(error)
            // Who has gone away wanted it so.
            logger.log(
                level: Task.isCancelled ? .debug : .warning, "Request failed",
                metadata: ["status": "\(failure.status.code)", "error": "\(failure.message)"])
            return .object([.init("Error", .string(failure.message)), .init("status", .integer(failure.status.code))])
        }
    }

    private static func line(_ value: JSONValue) -> ByteBuffer {
        ByteBuffer(bytes: value.bytes + [0x0A])
    }
}
