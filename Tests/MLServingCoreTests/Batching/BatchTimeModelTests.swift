import MLServingTesting
import Testing

@testable import MLServingCore

@Suite("BatchTimeModel")
struct BatchTimeModelTests {
    /// A model that has seen batches of random costs.
    private func model(costs: ClosedRange<Double>, noise: Double = 0, _ time: (Double) -> Double) -> BatchTimeModel {
        var (model, generator) = (BatchTimeModel(), SeededGenerator(seed: 3))
        for _ in 0..<500 {
            let cost = Double.random(in: costs, using: &generator).rounded()
            model.learn(cost: cost, seconds: time(cost) * .random(in: 1 - noise...1 + noise, using: &generator))
        }
        return model
    }

    private func isNear(_ value: Double, _ expected: Double, within share: Double) -> Bool {
        abs(value - expected) <= share * expected
    }

    @Test func firstBatchTellsNothing() {
        var model = BatchTimeModel()
        model.learn(cost: 1, seconds: 30)
        #expect(model.isEmpty)
        model.learn(cost: 1, seconds: 0.01)
        #expect(!model.isEmpty)
        #expect(isNear(model.seconds(for: 1), 0.01, within: 0.001))
    }

    @Test func findsTheLine() {
        let model = self.model(costs: 10...40) { 0.002 + 0.000_05 * $0 }
        #expect(isNear(model.fixed, 0.002, within: 0.05))
        #expect(isNear(model.slope, 0.000_05, within: 0.05))
        #expect(isNear(model.cost(within: 0.004), 40, within: 0.05))
        #expect(isNear(model.worthwhileCost, 360, within: 0.1))
        #expect(isNear(model.upperBound(for: 20), 0.003, within: 0.05))
    }

    @Test func findsTheLineInNoise() {
        let model = self.model(costs: 1...60, noise: 0.2) { 0.002 + 0.000_1 * $0 }
        #expect(isNear(model.seconds(for: 30), 0.005, within: 0.1))
        #expect(isNear(model.fixed, 0.002, within: 0.4))
        #expect(isNear(model.slope, 0.000_1, within: 0.25))
        #expect(model.upperBound(for: 30) > 0.005 * 1.2)
    }

    @Test func equalBatchesDoNotTellTheParts() {
        let model = self.model(costs: 8...8, noise: 0.3) { _ in 0.01 }
        #expect(isNear(model.seconds(for: 8), 0.01, within: 0.1))
        #expect(isNear(model.fixed, model.slope * 8, within: 0.01))
        // So that batches may grow, and tell.
        #expect(model.worthwhileCost > 5 * 8)
    }

    @Test func partsAreNotNegative() {
        let falling = model(costs: 1...10) { 0.02 - 0.001 * $0 }
        #expect(falling.slope == 0)
        #expect(falling.fixed > 0)
        #expect(falling.cost(within: 1) == .infinity && falling.cost(within: 0.001) == 0 && falling.worthwhileCost == .infinity)
        let steep = model(costs: 5...10) { 0.01 * ($0 - 4) }
        #expect(steep.fixed == 0)
        #expect(steep.slope > 0)
        #expect(steep.worthwhileCost >= 0)
    }

    @Test func pauseIsNoSlowModel() {
        var model = self.model(costs: 1...40) { 0.002 + 0.000_05 * $0 }
        model.learn(cost: 20, seconds: 5)
        #expect(isNear(model.seconds(for: 20), 0.003, within: 0.1))
    }

    @Test func followsWhatChanges() {
        var model = self.model(costs: 1...40) { 0.002 + 0.000_05 * $0 }
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<400 {
            let cost = Double.random(in: 1...40, using: &generator).rounded()
            model.learn(cost: cost, seconds: 10 * (0.002 + 0.000_05 * cost))
        }
        #expect(isNear(model.fixed, 0.02, within: 0.1))
        #expect(isNear(model.slope, 0.000_5, within: 0.2))
    }

    @Test func survivesAnything() {
        let values = [0, -1, 1e-9, 0.5, 1, 7, 1e9, 1e300, .infinity, -.infinity, .nan]
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<200 {
            var model = BatchTimeModel()
            for _ in 0..<50 {
                model.learn(cost: values.randomElement(using: &generator)!, seconds: values.randomElement(using: &generator)!)
                guard !model.isEmpty else { continue }
                #expect(!model.seconds(for: 3).isNaN && model.fixed >= 0 && model.slope >= 0)
                #expect(!model.worthwhileCost.isNaN && !model.cost(within: 1).isNaN && !model.upperBound(for: 3).isNaN)
            }
        }
    }
}
