extension FastTextModel {
    /// The vectors of several words; each as ``vector(of:)`` gives it.
    ///
    /// - Returns: `dimension` values for each word, in the order of `words`.
    public func vectors(of words: [String]) -> [[Float]] {
        words.map(vector(of:))
    }

    /// The vectors of several texts; each as ``sentenceVector(of:)`` gives it.
    ///
    /// - Returns: `dimension` values for each text, in the order of `texts`.
    public func sentenceVectors(of texts: [String]) -> [[Float]] {
        texts.map(sentenceVector(of:))
    }

    /// The labels that fit each of several texts best; each as ``predictions(for:limit:threshold:)-(String,_,_)`` gives them.
    ///
    /// - Returns: For each text, in the order of `texts`, labels from the most probable to the least.
    /// - Throws: ``FastTextError`` if the model is not supervised or `limit` is below 1.
    public func predictions(
        for texts: [String], limit: Int? = 1, threshold: Float = 0
    ) throws(FastTextError) -> [[Prediction]] {
        var all: [[Prediction]] = []
        all.reserveCapacity(texts.count)
        for text in texts { all.append(try predictions(for: text, limit: limit, threshold: threshold)) }
        return all
    }
}
