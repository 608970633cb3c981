import Testing

@testable import MLServingCore

@Suite("Mailbox", .timeLimit(.minutes(5)))
struct MailboxTests {
    @Test func readerGetsAllThatHasArrived() async throws {
        let mailbox = Mailbox<Int>()
        for number in 0..<3 { mailbox.append(number) }
        #expect(mailbox.count == 3)
        #expect(try await mailbox.next() == [0, 1, 2])
        #expect(mailbox.count == 0)
    }

    @Test func waitingReaderIsWoken() async throws {
        let mailbox = Mailbox<Int>()
        async let elements = mailbox.next()
        mailbox.append(7)
        #expect(try await elements == [7])
    }

    @Test func everyElementArrivesOnceAndInOrder() async throws {
        let mailbox = Mailbox<Int>()
        async let written: Void = {
            for number in 0..<20_000 {
                mailbox.append(number)
                if number.isMultiple(of: 64) { await Task.yield() }
            }
            mailbox.finish()
        }()
        var read: [Int] = []
        while case let elements = try await mailbox.next(), !elements.isEmpty { read += elements }
        await written
        #expect(read == Array(0..<20_000))
    }

    @Test func finishComesAfterWhatHasArrived() async throws {
        let mailbox = Mailbox<Int>()
        mailbox.append(1)
        mailbox.finish()
        mailbox.append(2)
        #expect(try await mailbox.next() == [1])
        #expect(try await mailbox.next() == [])
        #expect(try await mailbox.next() == [])
    }

    @Test func finishWakesTheReader() async throws {
        let mailbox = Mailbox<Int>()
        async let elements = mailbox.next()
        mailbox.finish()
        #expect(try await elements == [])
    }

    @Test func cancellationEndsTheWaitAndLosesNothing() async throws {
        let mailbox = Mailbox<Int>()
        for round in 0..<500 {
            let reader = Task { try await mailbox.next() }
            let writer = Task { mailbox.append(round) }
            reader.cancel()
            await writer.value
            switch await reader.result {
            case .success(let elements): #expect(elements == [round])
            case .failure(let error):
                #expect(error is CancellationError)
                #expect(try await mailbox.next() == [round])
            }
        }
    }

    @Test func cancelledReaderStillGetsWhatIsThere() async throws {
        let mailbox = Mailbox<Int>()
        mailbox.append(1)
        let reader = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await mailbox.next()
        }
        #expect(try await reader.value == [1])
    }

    @Test func drainTakesWhatWasNotRead() async throws {
        let mailbox = Mailbox<Int>()
        mailbox.append(1)
        #expect(mailbox.drain() == [1])
        #expect(mailbox.count == 0)
        mailbox.finish()
        #expect(try await mailbox.next() == [])
    }
}
