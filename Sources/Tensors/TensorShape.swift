/// What shapes have in common with numbers of elements.
enum TensorShape {
    /// More dimensions than any library has.
    static let maximumRank = 32

    /// How many elements a tensor of that shape has.
    static func count(of shape: [Int]) throws(TensorError) -> Int {
        guard shape.count <= maximumRank else { throw TensorError("\(shape.count) dimensions are more than \(maximumRank)") }
        guard shape.allSatisfy({ $0 >= 0 }) else { throw TensorError("the shape \(shape) has a negative dimension") }
        // A dimension of zero makes the tensor empty, however large the others are.
        if shape.contains(0) { return 0 }
        var count = 1
        for dimension in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw TensorError("the shape \(shape) has too many elements") }
            count = product
        }
        return count
    }
}
