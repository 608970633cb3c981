/// Learns what a batch takes, as a line: seconds = fixed + slope · cost.
///
/// Least squares in which a batch counts the less the more have come after it, so that it follows what changes. Neither part becomes negative.
/// Batches that all cost the same do not tell the parts from each other: as long as costs hardly differ, half of the time is taken to be
/// fixed.
struct BatchTimeModel {
    /// How much of what was known each batch replaces, once there are enough.
    private static let weight = 1.0 / 64
    /// The spread of costs, relative to their mean and squared, that weighs as much as the assumption for want of a spread.
    private static let trust = 0.001

    private var count = -1
    private var meanCost = 0.0
    private var meanSeconds = 0.0
    private var variance = 0.0
    private var covariance = 0.0
    /// The mean distance of batches from the line.
    private var deviation = 0.0

    /// Whether anything is known.
    var isEmpty: Bool { count <= 0 }

    /// Learns from a batch. The first one tells nothing: it loads what is loaded on first use.
    mutating func learn(cost: Double, seconds: Double) {
        // Beyond that are mistakes, whose squares would drown everything.
        guard (1e-12...1e12).contains(cost), (0...1e9).contains(seconds) else { return }
        count += 1
        if count == 0 { return }
        let weight = weight
        var seconds = seconds
        if count > 1 {
            let expected = self.seconds(for: cost)
            // A pause of the machine is no slow model. What is slow for good comes through within some batches.
            seconds = min(seconds, max(4 * expected, 0.001))
            deviation += weight * (abs(seconds - expected) - deviation)
        }
        let (costStep, secondsStep) = (cost - meanCost, seconds - meanSeconds)
        meanCost += weight * costStep
        meanSeconds += weight * secondsStep
        variance = (1 - weight) * (variance + weight * costStep * costStep)
        covariance = (1 - weight) * (covariance + weight * costStep * secondsStep)
    }

    private var weight: Double { max(Self.weight, 1 / Double(count)) }

    /// Seconds for each unit of cost.
    var slope: Double { line.slope }

    /// Seconds for each batch, whatever it costs.
    var fixed: Double { line.fixed }

    /// The time that a batch is expected to take.
    func seconds(for cost: Double) -> Double {
        let line = line
        return line.fixed + line.slope * cost
    }

    /// A time that few batches exceed.
    func upperBound(for cost: Double) -> Double {
        seconds(for: cost) + 4 * deviation
    }

    /// The cost of a batch that is expected to take so long; not positive when none is.
    func cost(within seconds: Double) -> Double {
        let line = line
        if line.slope > 0 { return (seconds - line.fixed) / line.slope }
        return line.fixed <= seconds ? .infinity : 0
    }

    /// The cost from which on larger batches hardly pay: nine tenths of the time go into the inputs themselves, so that endless batches would
    /// carry no more than a ninth on top. A slope that is uncertain is taken at its lowest, so that doubt lets batches grow.
    var worthwhileCost: Double {
        let doubt = 2 * deviation * (Self.weight / (variance + ridge)).squareRoot()
        let slope = max(0, line.slope - doubt)
        return slope > 0 ? 9 * (meanSeconds - slope * meanCost) / slope : .infinity
    }

    private var ridge: Double { Self.trust * meanCost * meanCost }

    private var line: (fixed: Double, slope: Double) {
        guard meanCost > 0 else { return (0, 0) }
        let steepest = meanSeconds / meanCost
        let slope = min(max(0, (covariance + ridge * steepest / 2) / (variance + ridge)), steepest)
        return (max(0, meanSeconds - slope * meanCost), slope)
    }
}
