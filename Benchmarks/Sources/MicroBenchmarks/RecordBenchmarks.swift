import MLServingCore

/// Result records: what a consumer writes for each request and a client reads, and lists of inputs.
enum RecordBenchmarks {
    static func run(_ stopwatch: Stopwatch) throws -> [Measurement] {
        try codec(MessagePackCodec(), named: "MessagePack", stopwatch) + codec(JSONCodec(), named: "JSON", stopwatch)
    }

    private static func codec(_ codec: some PayloadCodec, named format: String, _ stopwatch: Stopwatch) throws -> [Measurement] {
        let value = try codec.encode(Samples.doubles)[...]
        let number = try codec.encode(7)[...]
        let times = ResultRecord.Times(queued: 812, batching: 40, predicting: 5_210)
        let one = ResultRecord(requestID: "7d51c47e09a34d2e-1", outcomes: [.success(value)], times: times)
        let many = ResultRecord(requestID: "7d51c47e09a34d2e-2", outcomes: Array(repeating: .success(number), count: 64), times: times)
        let oneBytes = try codec.encode(record: one)[...]
        let manyBytes = try codec.encode(record: many)[...]
        let elements = Array(repeating: number, count: 64)
        let list = try codec.join(list: elements)[...]
        return try [
            stopwatch.measure(group: "record", name: "\(format): encode, 1 outcome of 300 doubles") { try codec.encode(record: one).count },
            stopwatch.measure(group: "record", name: "\(format): decode, 1 outcome of 300 doubles") {
                try codec.decode(recordFrom: oneBytes).outcomes.count
            },
            stopwatch.measure(group: "record", name: "\(format): encode, 64 outcomes") { try codec.encode(record: many).count },
            stopwatch.measure(group: "record", name: "\(format): decode, 64 outcomes") {
                try codec.decode(recordFrom: manyBytes).outcomes.count
            },
            stopwatch.measure(group: "list", name: "\(format): join 64 inputs") { try codec.join(list: elements).count },
            stopwatch.measure(group: "list", name: "\(format): split 64 inputs") { try codec.split(list: list).count },
        ]
    }
}
