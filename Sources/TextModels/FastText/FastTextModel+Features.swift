extension FastTextModel {
    /// Writes the mean of the rows of a line's features, as a supervised model sees them, over `target`.
    ///
    /// Features are the words with their sub-words, the end of the line, and runs of words. Labels are none.
    ///
    /// - Returns: The number of features; `target` is zero if there are none.
    @discardableResult
    func writeFeatureMean(
        of line: UnsafeRawBufferPointer, to target: UnsafeMutableBufferPointer<Float>, in bytes: UnsafeRawBufferPointer
    ) -> Int {
        var mean = FeatureMean(of: input, in: bytes, target: target)
        var hashes: [UInt32] = []
        for word in FastTextLine.words(of: line) {
            // The end of the line may also be spelt out, and nothing behind it counts.
            if word.elementsEqual(FastTextLine.end.utf8) { break }
            addFeatures(of: word, to: &mean, hashes: &hashes, in: bytes)
        }
        withBytes(of: FastTextLine.end) { addFeatures(of: $0, to: &mean, hashes: &hashes, in: bytes) }
        subwords.forEachRow(ofWordHashes: hashes, longest: parameters.wordNGrams) { mean.add(row: $0) }
        mean.finish()
        return mean.count
    }

    private func addFeatures(
        of word: UnsafeRawBufferPointer, to mean: inout FeatureMean, hashes: inout [UInt32], in bytes: UnsafeRawBufferPointer
    ) {
        let identifier = dictionary.identifier(of: word, in: bytes)
        let isLabel = identifier.map { $0 >= wordCount } ?? word.starts(with: FastTextLine.labelPrefix.utf8)
        guard !isLabel else { return }
        if let identifier { mean.add(row: identifier) }
        subwords.forEachRow(ofWord: word) { mean.add(row: $0) }
        hashes.append(FowlerNollVo.hash(word))
    }
}
