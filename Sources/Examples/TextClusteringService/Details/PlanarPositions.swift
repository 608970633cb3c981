/// Places vectors on a plane: along the two directions in which they vary most, by power iteration on their covariance. Those that are zero
/// have no place of their own, and are in the middle.
enum PlanarPositions {
    /// So many steps tell directions apart well enough for a picture.
    private static let stepCount = 24

    /// One place for each vector, both coordinates from −1 to 1.
    ///
    /// - Throws: `CancellationError` when nobody waits for them any more.
    static func positions(of directions: Directions) throws -> [SIMD2<Float>] {
        var mean = [Float](repeating: 0, count: directions.width)
        for item in directions.nonZero { directions.add(item, times: 1 / Float(directions.nonZero.count), to: &mean) }
        let first = try axis(of: directions, mean: mean, orthogonalTo: nil)
        let second = try axis(of: directions, mean: mean, orthogonalTo: first)
        let (xs, ys) = (coordinates(directions, mean: mean, along: first), coordinates(directions, mean: mean, along: second))
        let extent = max(xs.lazy.map(abs).max() ?? 0, ys.lazy.map(abs).max() ?? 0)
        // Vectors that are all alike differ by rounding only.
        guard extent > 1e-5 else { return [SIMD2<Float>](repeating: .zero, count: directions.count) }
        return zip(xs, ys).map { SIMD2($0, $1) / extent }
    }

    /// The direction of largest variance among those that are orthogonal to another.
    private static func axis(of directions: Directions, mean: [Float], orthogonalTo other: [Float]?) throws -> [Float] {
        // Begins with whichever vector is farthest from the mean, so that equal requests have equal pictures.
        let candidates = directions.nonZero.lazy.map { item in difference(directions, item, mean: mean, without: other) }
        var axis = candidates.max { square($0) < square($1) } ?? mean
        for _ in 0..<stepCount {
            try Task.checkCancellation()
            axis = Directions.scaledToUnitLength(axis)
            var next = [Float](repeating: 0, count: directions.width)
            for (item, coordinate) in coordinates(directions, mean: mean, along: axis).enumerated() {
                directions.add(item, times: coordinate, to: &next)
            }
            axis = removing(other, from: next)
        }
        return Directions.scaledToUnitLength(axis)
    }

    private static func coordinates(_ directions: Directions, mean: [Float], along axis: [Float]) -> [Float] {
        let middle = product(mean, axis)
        var coordinates = [Float](repeating: 0, count: directions.count)
        for item in directions.nonZero { coordinates[item] = directions.dotProduct(item, with: axis) - middle }
        return coordinates
    }

    private static func difference(_ directions: Directions, _ item: Int, mean: [Float], without other: [Float]?) -> [Float] {
        var vector = mean.map { -$0 }
        directions.add(item, times: 1, to: &vector)
        return removing(other, from: vector)
    }

    private static func removing(_ axis: [Float]?, from vector: [Float]) -> [Float] {
        guard let axis else { return vector }
        let share = product(vector, axis)
        return zip(vector, axis).map { $0 - share * $1 }
    }

    private static func product(_ first: [Float], _ second: [Float]) -> Float {
        zip(first, second).reduce(0) { $0 + $1.0 * $1.1 }
    }

    private static func square(_ vector: [Float]) -> Float { product(vector, vector) }
}
