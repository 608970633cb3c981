import MLServingCore

extension TransportConformance {
    static let storeChecks: [Check] = [
        Check(description: "keeps the first record under a key") { makeTransport, _ in
            let transport = try await makeTransport()
            try await withTransports(transport) {
                let (key, other) = (uniqueName("first"), uniqueName("other"))
                let entry = StoreEntry(key: key, value: [1, 0, 255], timeToLive: .seconds(60))
                try require(try await transport.store.put([entry]) == [true], "a free key has to be taken")
                let later = [
                    StoreEntry(key: key, value: [2], timeToLive: .seconds(60)),
                    StoreEntry(key: other, value: [3], timeToLive: .seconds(60)),
                ]
                try require(try await transport.store.put(later) == [false, true], "a taken key must not be taken again")
                let values = try await transport.store.get([key, uniqueName("missing"), other])
                try require(values == [[1, 0, 255], nil, [3]], "the first values have to be read, read \(values)")
                let known = try await transport.store.contains([other, uniqueName("missing"), key])
                try require(known == [true, false, true], "both keys have values, said \(known)")
                let isOneThere = try await transport.store.containsAny(of: [uniqueName("missing"), key, other])
                try require(isOneThere, "two of three keys have values")
                let isNoneThere = try await !transport.store.containsAny(of: [uniqueName("missing"), uniqueName("missing")])
                try require(isNoneThere, "neither key has a value")
                transport.store.remove([key, other])
                // Commands of one party keep their order, so this read comes after the removal.
                let left = try await transport.store.get([key, other])
                try require(left == [nil, nil], "removed records must not be read, read \(left)")
            }
        },
        Check(description: "gives each record an outcome of its own") { makeTransport, _ in
            let transport = try await makeTransport()
            try await withTransports(transport) {
                let keys = (0..<3).map { uniqueName("outcome\($0)") }
                let order = [0, 1, 0, 2, 1]
                let entries = order.map { StoreEntry(key: keys[$0], value: [UInt8($0)], timeToLive: .seconds(60)) }
                let outcomes = try await transport.store.write(entries)
                try require(outcomes == [.stored, .stored, .taken, .stored, .taken], "the first of each key is stored, said \(outcomes)")
                let replacing = StoreEntry(key: keys[0], value: [9], timeToLive: .seconds(60), replacedPrefix: [])
                let outcome = try await transport.store.write([replacing])
                try require(outcome == [.taken], "every value begins with nothing, and none is meant, said \(outcome)")
                let values = try await transport.store.read(keys + [uniqueName("missing")]).map { try $0.get() }
                try require(values == [[0], [1], [2], nil], "the first values have to be read, read \(values)")
                try require(try await transport.store.write([]).isEmpty, "nothing has no outcome")
                try await transport.store.probe()
                transport.store.remove(keys)
            }
        },
        Check(description: "keeps large records beside small ones") { makeTransport, _ in
            let transport = try await makeTransport()
            try await withTransports(transport) {
                let (small, large) = (uniqueName("small"), uniqueName("large"))
                let value = [UInt8](repeating: 7, count: 5 << 20)
                let entries = [
                    StoreEntry(key: large, value: value, timeToLive: .seconds(60)),
                    StoreEntry(key: small, value: [1], timeToLive: .seconds(60)),
                ]
                let outcomes = try await transport.store.write(entries)
                try require(outcomes == [.stored, .stored], "both have to be stored, said \(outcomes)")
                try require(try await transport.store.get([small, large]) == [[1], value], "both have to be read")
                transport.store.remove([small, large])
            }
        },
        Check(description: "lets only what begins as named give way to a later record") { makeTransport, _ in
            let transport = try await makeTransport()
            try await withTransports(transport) {
                let key = uniqueName("replaced")
                let entries = [[7, 1], [7, 2], [8, 1], [7, 3]].map {
                    StoreEntry(key: key, value: $0, timeToLive: .seconds(60), replacedPrefix: [7])
                }
                let stored = try await transport.store.put(entries)
                try require(stored == [true, true, true, false], "a record that begins with 8 must stay, stored \(stored)")
                let unnamed = StoreEntry(key: key, value: [9], timeToLive: .seconds(60))
                try require(try await transport.store.put([unnamed]) == [false], "a record that replaces nothing must not replace this")
                let value = try await transport.store.get([key])
                try require(value == [[8, 1]], "the last that was stored has to be read, read \(value)")
                transport.store.remove([key])
            }
        },
        Check(description: "forgets a record after its time to live") { makeTransport, _ in
            let transport = try await makeTransport()
            try await withTransports(transport) {
                let key = uniqueName("expiry")
                _ = try await transport.store.put([StoreEntry(key: key, value: [1], timeToLive: .milliseconds(40))])
                let end = ContinuousClock.now + .seconds(10)
                while try await transport.store.get([key]) != [nil] {
                    try require(.now < end, "a record that lives for 40 ms must be gone after 10 s")
                    try await Task.sleep(for: .milliseconds(5))
                }
                let again = StoreEntry(key: key, value: [2], timeToLive: .seconds(60))
                try require(try await transport.store.put([again]) == [true], "an expired key is free again")
                transport.store.remove([key])
            }
        },
        Check(description: "announces writes under a prefix, and only those") { makeTransport, _ in
            let (reader, writer) = (try await makeTransport(), try await makeTransport())
            try await withTransports(reader, writer) {
                // The characters are those of a pattern, and must not be taken for one.
                let prefix = uniqueName("news[a-z]*?") + ":{x}:"
                let keys = Set((0..<100).map { prefix + String($0) })
                try await reader.store.withNotifications(forKeysWithPrefix: prefix) { source in
                    let entries = keys.map { StoreEntry(key: $0, value: [1], timeToLive: .seconds(60)) }
                    let others = keys.map { StoreEntry(key: "other." + $0, value: [1], timeToLive: .seconds(60)) }
                    _ = try await writer.store.put(others + entries)
                    var heard: Set<String> = []
                    while heard.count < keys.count {
                        let news = try await source.next()
                        try require(!news.mayHaveMissed, "nothing was lost on the way")
                        heard.formUnion(news.keys)
                    }
                    try require(heard == keys, "the keys under the prefix have to be announced, and no others")
                }
                writer.store.remove(Array(keys) + keys.map { "other." + $0 })
            }
        },
    ]
}
