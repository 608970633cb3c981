/// Equal inputs that are under way: one leads, which is looked up or predicted, and the others wait for its outcome.
struct SharedPredictions {
    private struct Flight {
        let leader: PredictionWork
        var followers: [PredictionWork] = []
    }

    private var flights: [CacheKey: Flight] = [:]
    /// The flights that a request's inputs lead.
    private var led: [UInt64: Set<CacheKey>] = [:]

    var isEmpty: Bool { flights.isEmpty }

    /// Takes an input in; `true` when it leads, because no equal one is under way.
    mutating func lead(_ work: PredictionWork, under key: CacheKey) -> Bool {
        if flights[key] != nil {
            flights[key]?.followers.append(work)
            return false
        }
        flights[key] = Flight(leader: work)
        led[work.request, default: []].insert(key)
        return true
    }

    /// Those that wait for the outcome of an input; none if it does not lead.
    func followers(of work: PredictionWork, under key: CacheKey) -> [PredictionWork] {
        guard let flight = flights[key], flight.leader === work else { return [] }
        return flight.followers
    }

    /// Ends the flight that an input leads, and returns those that waited for it; none if it leads no more.
    mutating func land(_ work: PredictionWork, under key: CacheKey) -> [PredictionWork] {
        guard let flight = flights[key], flight.leader.request == work.request, flight.leader.index == work.index else { return [] }
        flights[key] = nil
        led[work.request]?.remove(key)
        if led[work.request]?.isEmpty == true { led[work.request] = nil }
        return flight.followers
    }

    /// Ends all flights that inputs of a request lead, and returns those that waited for them.
    mutating func landAll(ledBy request: UInt64) -> [PredictionWork] {
        (led.removeValue(forKey: request) ?? []).flatMap { flights.removeValue(forKey: $0)?.followers ?? [] }
    }
}
