extension FastTextModel {
    /// The vector of a word: the mean of its own row, if the vocabulary contains it, and the rows of its sub-words.
    ///
    /// - Parameter word: Taken as it is; fastText's tools neither lower-case nor normalise.
    /// - Returns: `dimension` values; all zero for an unknown word of a model without sub-words.
    public func vector(of word: String) -> [Float] {
        [Float](unsafeUninitializedCapacity: dimension) { target, count in
            write(word, to: UnsafeMutableBufferPointer(rebasing: target[..<dimension]))
            count = dimension
        }
    }

    /// Writes the vector of a word over `target`, without an allocation.
    ///
    /// - Precondition: `target` has `dimension` elements.
    public func writeVector(of word: String, to target: inout MutableSpan<Float>) {
        target.withUnsafeMutableBufferPointer { write(word, to: $0) }
    }

    /// The vector of a text, by the rule of the model's architecture.
    ///
    /// Unsupervised: the mean of the unit-length vectors of its words, leaving out those of length zero. Supervised: the mean of
    /// its features, which are words, sub-words, runs of words and the end of the line. Words are what stands between
    /// spaces, tabs and line ends.
    ///
    /// - Returns: `dimension` values; all zero if no word counts.
    public func sentenceVector(of text: String) -> [Float] {
        [Float](unsafeUninitializedCapacity: dimension) { target, count in
            writeSentence(text, to: UnsafeMutableBufferPointer(rebasing: target[..<dimension]))
            count = dimension
        }
    }

    /// Writes the vector of a text over `target`.
    ///
    /// - Precondition: `target` has `dimension` elements.
    public func writeSentenceVector(of text: String, to target: inout MutableSpan<Float>) {
        target.withUnsafeMutableBufferPointer { writeSentence(text, to: $0) }
    }

    private func write(_ word: String, to target: UnsafeMutableBufferPointer<Float>) {
        file.withUnsafeBytes { bytes in withBytes(of: word) { write($0, to: target, in: bytes) } }
    }

    /// Writes the vector of a word of the vocabulary over `target`.
    func writeVector(ofWordAt index: Int, to target: UnsafeMutableBufferPointer<Float>) {
        file.withUnsafeBytes { bytes in write(dictionary.text(at: index, in: bytes), to: target, in: bytes) }
    }

    func write(_ word: UnsafeRawBufferPointer, to target: UnsafeMutableBufferPointer<Float>, in bytes: UnsafeRawBufferPointer) {
        var mean = FeatureMean(of: input, in: bytes, target: target)
        // The rows behind those of the words belong to buckets, so a label has none of its own.
        if let row = dictionary.identifier(of: word, in: bytes), row < wordCount { mean.add(row: row) }
        subwords.forEachRow(ofWord: word) { mean.add(row: $0) }
        mean.finish()
    }

    private func writeSentence(_ text: String, to target: UnsafeMutableBufferPointer<Float>) {
        file.withUnsafeBytes { bytes in
            withBytes(of: text) { text in
                if parameters.architecture == .supervised {
                    writeFeatureMean(of: text, to: target, in: bytes)
                } else {
                    writeMeanOfUnitVectors(of: text, to: target, in: bytes)
                }
            }
        }
    }

    private func writeMeanOfUnitVectors(
        of text: UnsafeRawBufferPointer, to target: UnsafeMutableBufferPointer<Float>, in bytes: UnsafeRawBufferPointer
    ) {
        target.update(repeating: 0)
        var count = 0
        withUnsafeTemporaryAllocation(of: Float.self, capacity: dimension) { vector in
            for word in FastTextLine.words(of: text) {
                write(word, to: vector, in: bytes)
                let norm = vector.reduce(into: Float(0)) { $0 += $1 * $1 }.squareRoot()
                guard norm > 0 else { continue }
                let scale = Float(1 / Double(norm))
                for index in target.indices { target[index] += vector[index] * scale }
                count += 1
            }
        }
        guard count > 0 else { return }
        let scale = Float(1 / Double(count))
        for index in target.indices { target[index] *= scale }
    }
}
