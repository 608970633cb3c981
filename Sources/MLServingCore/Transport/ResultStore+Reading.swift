extension ResultStore {
    /// Reads values, in halves where they are larger together than this side accepts, so that a large one fails alone.
    ///
    /// - Throws: As ``read(_:)``, but not `too_large`.
    func readApart(_ keys: [String]) async throws -> [Result<[UInt8]?, TransportError>] {
        var results: [Result<[UInt8]?, TransportError>] = []
        var portions = [keys[...]]
        while let portion = portions.popLast() {
            do {
                results += try await read(Array(portion))
            } catch let error as TransportError where error.code == .tooLarge {
                if portion.count <= 1 {
                    results += portion.map { _ in .failure(error) }
                } else {
                    let middle = portion.startIndex + portion.count / 2
                    portions += [portion[middle...], portion[..<middle]]
                }
            }
        }
        return results
    }
}
