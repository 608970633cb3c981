extension AgglomerativeClustering.Linkage {
    /// The distance of a cluster to the union of two others, from the distances before the merge.
    ///
    /// Source: Lance, Williams, "A general theory of classificatory sorting strategies" (1967).
    ///
    /// - Parameters:
    ///   - first: The distance of the third cluster to the first part.
    ///   - second: Its distance to the second part.
    ///   - height: The distance between the parts.
    ///   - sizes: The number of members of the first part, the second part and the third cluster.
    func distance(
        toFirst first: Float, toSecond second: Float, between height: Float, sizes: (first: Int, second: Int, other: Int)
    ) -> Float {
        switch self {
        case .complete: return max(first, second)
        case .single: return min(first, second)
        case .average:
            let (firstSize, secondSize) = (Double(sizes.first), Double(sizes.second))
            return Float((firstSize * Double(first) + secondSize * Double(second)) / (firstSize + secondSize))
        case .ward:
            let (firstSize, secondSize, otherSize) = (Double(sizes.first), Double(sizes.second), Double(sizes.other))
            let squares =
                (otherSize + firstSize) * Double(first) * Double(first) + (otherSize + secondSize) * Double(second) * Double(second)
                - otherSize * Double(height) * Double(height)
            return Float((max(0, squares) / (firstSize + secondSize + otherSize)).squareRoot())
        }
    }
}
