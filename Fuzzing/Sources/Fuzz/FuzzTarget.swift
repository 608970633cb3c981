/// One decoder, and what must hold whatever bytes it is given.
struct FuzzTarget: Sendable {
    /// The name on the command line, and of the directory under `Corpus`.
    let name: String
    /// Checks one input. It ends the process where something does not hold.
    let check: @Sendable ([UInt8]) -> Void

    init(_ name: String, check: @escaping @Sendable ([UInt8]) -> Void) {
        self.name = name
        self.check = check
    }

    static let all: [FuzzTarget] = [
        .messagePackValues, .messagePackTypes, .messagePackReader,
        .pickleValues, .pickleTypes, .tensors,
        .resultRecords, .messageHeaders, .jsonDocuments, .jsonTypes, .jsonTexts,
        .rabbitMQFrames, .redisReplies, .redisConnections,
        .configuration, .fastTextModels,
    ]
}
