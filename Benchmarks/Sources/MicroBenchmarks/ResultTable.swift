/// Measurements as people read them.
struct ResultTable {
    private let measurements: [Measurement]

    init(_ measurements: [Measurement]) {
        self.measurements = measurements
    }

    /// One line for each measurement, columns aligned.
    var text: String {
        var rows = [["group", "operation", "ns", "a second", "allocations", "CPU ns", "× baseline"]]
        for measurement in measurements {
            rows.append([
                measurement.group, measurement.name, rounded(measurement.nanoseconds), rounded(measurement.perSecond),
                tenths(measurement.allocations), measurement.processorNanoseconds.map(rounded) ?? "", ratio(of: measurement) ?? "",
            ])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                return column < 2 ? row[column] + padding : padding + row[column]
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    private func ratio(of measurement: Measurement) -> String? {
        let baseline = measurements.first { $0.group == measurement.group && $0.name == measurement.baseline }
        return baseline.map { thousandths(measurement.nanoseconds / $0.nanoseconds) }
    }

    private func rounded(_ value: Double) -> String { String(Int(value.rounded())) }

    private func tenths(_ value: Double) -> String { decimal(value, digits: 1) }

    private func thousandths(_ value: Double) -> String { decimal(value, digits: 3) }

    private func decimal(_ value: Double, digits: Int) -> String {
        let scale = digits == 1 ? 10 : 1_000
        let scaled = Int((value * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        return "\(scaled / scale).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
    }
}
