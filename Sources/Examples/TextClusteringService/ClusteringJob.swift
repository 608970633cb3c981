/// A request that has been taken: its texts are read, and it has its place among those that are worked on.
struct ClusteringJob: Sendable {
    let collection: TextCollection
    /// The texts as they are embedded: their words, with single spaces between.
    let words: [String]
    let options: ClusteringOptions
    let isLarge: Bool
    /// Until when clustering has to have begun.
    let deadline: ContinuousClock.Instant
    /// Given back when the work is done, or the job goes without it.
    let place: Admission.Place
}
