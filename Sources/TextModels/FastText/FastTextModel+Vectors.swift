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
        FeatureMean.write(of: input, in: bytes, to: target) { mean in
            // A label has no row of its own; like fastText's bindings, this takes that of the bucket in its place, if there is one.
            let identifier = dictionary.identifier(of: word, hash: FowlerNollVo.hash(word), in: bytes)
            if let identifier, identifier < input.rowCount { mean.add(row: identifier) }
            subwords.withRows { rows in rows.forEachRow(ofWord: word) { mean.add(row: $0) } }
        }
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
            for word in FastTextLine(text, zeroSeparates: false) {
                write(word, to: vector, in: bytes)
                let norm = UnsafeBufferPointer(vector).norm
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

extension UnsafeBufferPointer<Float> {
    /// The Euclidean length, summed from front to back as fastText does.
    var norm: Float {
        var sum: Float = 0
        for value in self { sum += value * value }
        return sum.squareRoot()
    }
}
