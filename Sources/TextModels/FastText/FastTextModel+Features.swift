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
        subwords.withRows { rows in writeFeatureMean(of: line, to: target, rows, in: bytes) }
    }

    private func writeFeatureMean(
        of line: UnsafeRawBufferPointer, to target: UnsafeMutableBufferPointer<Float>, _ rows: SubwordRows,
        in bytes: UnsafeRawBufferPointer
    ) -> Int {
        FeatureMean.write(of: input, in: bytes, to: target) { mean in
            // Only runs of words need them.
            var hashes: [UInt32] = []
            for word in FastTextLine(line, zeroSeparates: true) {
                // The end of the line may also be spelt out, and nothing behind it counts.
                if word.isLineEnd { break }
                addFeatures(of: word, rows, to: &mean, hashes: &hashes, in: bytes)
            }
            withBytes(of: FastTextLine.end) { addFeatures(of: $0, rows, to: &mean, hashes: &hashes, in: bytes) }
            rows.forEachRow(ofWordHashes: hashes, longest: parameters.wordNGrams) { mean.add(row: $0) }
        }
    }

    private func addFeatures(
        of word: UnsafeRawBufferPointer, _ rows: SubwordRows, to mean: inout FeatureMean, hashes: inout [UInt32],
        in bytes: UnsafeRawBufferPointer
    ) {
        let hash = FowlerNollVo.hash(word)
        let identifier = dictionary.identifier(of: word, hash: hash, in: bytes)
        let isLabel = identifier.map { $0 >= wordCount } ?? word.starts(with: FastTextLine.labelPrefix.utf8)
        guard !isLabel else { return }
        if let identifier { mean.add(row: identifier) }
        rows.forEachRow(ofWord: word) { mean.add(row: $0) }
        if parameters.wordNGrams > 1 { hashes.append(hash) }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these bytes spell the end of a line.
    @inline(__always)
    var isLineEnd: Bool {
        // "</s>"
        count == 4 && UInt32(littleEndian: loadUnaligned(as: UInt32.self)) == 0x3E73_2F3C
    }
}
