/// What was measured of one operation.
struct Measurement: Encodable {
    /// What kind of operation it is.
    var group: String
    /// Which one.
    var name: String
    /// Nanoseconds for one operation: of the thread's processor for what runs on one thread, of the clock for round trips.
    var nanoseconds: Double
    /// How often one operation asks for memory.
    var allocations: Double
    /// How many operations there are in a second.
    var perSecond: Double { 1e9 / nanoseconds }
    /// The measurement to compare with, by its name within the group.
    var baseline: String?
    /// Processor time of the whole process for one operation, in nanoseconds; round trips only.
    var processorNanoseconds: Double?

    enum CodingKeys: String, CodingKey {
        case group, name, nanoseconds, allocations, baseline
        case processorNanoseconds = "processor_nanoseconds"
    }
}
