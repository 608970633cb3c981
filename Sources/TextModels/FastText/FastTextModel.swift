/// A fastText model, read from a `.bin` or `.ftz` file of format version 11 or 12.
///
/// The file is mapped, not loaded: opening reads the header and the dictionary and checks that the matrices lie inside the file,
/// and a matrix page enters memory when a word needs it. Several processes that serve one model share its pages.
/// The file must not be shortened while it is open; replace it by renaming a new one over it.
///
/// A model never changes after `init`, so any number of threads may ask it at once.
///
/// Source of the format and of every rule here: fastText 0.9.2; Bojanowski, Grave, Joulin, Mikolov,
/// "Enriching Word Vectors with Subword Information" (2017).
public final class FastTextModel: Sendable {
    /// The settings the model was trained with.
    public let parameters: FastTextParameters
    /// The file the model was opened from.
    public let path: String

    let file: MappedFile
    let dictionary: FastTextDictionary
    let subwords: SubwordHashing
    let input: WeightMatrix
    let output: WeightMatrix
    /// What turns a supervised model's hidden vector into labels; nil for other models.
    let classifier: LabelClassifier?

    /// Opens a model.
    ///
    /// - Parameter path: A `.bin` or `.ftz` file; no text format (`.vec`).
    /// - Throws: ``FastTextError`` if the file cannot be read, is no fastText model, has an unknown version, is cut short or damaged.
    public init(path: String) throws(FastTextError) {
        let file = try MappedFile(path: path)
        let contents = try file.withUnsafeBytes { (bytes) throws(FastTextError) in try Contents(bytes, path: path) }
        file.expectRandomAccess(from: contents.matricesStart)
        self.file = file
        self.path = path
        parameters = contents.parameters
        dictionary = contents.dictionary
        subwords = contents.subwords
        input = contents.input
        output = contents.output
        classifier = contents.classifier
    }

    /// The length of a vector.
    public var dimension: Int { parameters.dimension }

    /// The number of words in the vocabulary.
    public var wordCount: Int { dictionary.wordCount }

    /// The number of labels; 0 unless the training text had some.
    public var labelCount: Int { dictionary.labelCount }

    /// Whether the matrices are stored as codes of a product quantiser (`.ftz`).
    public var isQuantized: Bool {
        if case .quantized = input { true } else { false }
    }

    /// A word of the vocabulary; the most frequent one has index 0.
    ///
    /// - Precondition: `0..<wordCount` contains `index`.
    public func word(at index: Int) -> String {
        precondition((0..<wordCount).contains(index), "the vocabulary has \(wordCount) words")
        return text(at: index)
    }

    /// A label, with the prefix it had in the training text (`__label__` unless chosen otherwise).
    ///
    /// - Precondition: `0..<labelCount` contains `index`.
    public func label(at index: Int) -> String {
        precondition((0..<labelCount).contains(index), "the model has \(labelCount) labels")
        return text(at: wordCount + index)
    }

    /// Whether the vocabulary contains `word`, compared byte by byte: case and Unicode normalisation matter.
    public func contains(_ word: String) -> Bool {
        index(ofWord: word) != nil
    }

    /// The place of a word in the vocabulary, compared byte by byte; nil if it is not in there.
    public func index(ofWord word: String) -> Int? {
        let identifier = file.withUnsafeBytes { bytes in
            withBytes(of: word) { dictionary.identifier(of: $0, hash: FowlerNollVo.hash($0), in: bytes) }
        }
        return identifier.flatMap { $0 < wordCount ? $0 : nil }
    }

    /// Lends the UTF-8 bytes of `text`; without an allocation unless the string is foreign.
    func withBytes<Result>(of text: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var text = text
        return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }

    private func text(at identifier: Int) -> String {
        file.withUnsafeBytes { String(decoding: dictionary.text(at: identifier, in: $0), as: UTF8.self) }
    }
}

extension FastTextModel {
    /// What a model file holds, in the order in which it holds it.
    private struct Contents {
        let parameters: FastTextParameters
        let dictionary: FastTextDictionary
        let subwords: SubwordHashing
        let input: WeightMatrix
        let output: WeightMatrix
        let classifier: LabelClassifier?
        /// Where the two matrices start.
        let matricesStart: Int

        init(_ bytes: UnsafeRawBufferPointer, path: String) throws(FastTextError) {
            var reader = ModelFileReader(bytes, path: path)
            parameters = try FastTextParameters(from: &reader)
            let header = try FastTextDictionary.Header(from: &reader)
            dictionary = try FastTextDictionary(header: header, from: &reader, in: bytes)
            subwords = try SubwordHashing(parameters: parameters, header: header, from: &reader)
            let inputPlace = reader.offset
            matricesStart = inputPlace
            let isQuantized = try reader.flag("the flag for a quantised input matrix")
            input = try WeightMatrix("the input matrix", quantized: isQuantized, from: &reader)
            // An empty matrix would leave the dimension unbounded by the size of the file.
            guard input.rowCount > 0, input.columnCount > 0, input.columnCount == parameters.dimension else {
                throw reader.corrupt(
                    "an input matrix of \(input.rowCount) x \(input.columnCount) does not hold vectors of \(parameters.dimension)",
                    at: inputPlace)
            }
            let required = subwords.requiredRows(wordNGrams: parameters.wordNGrams)
            guard input.rowCount >= required else {
                throw reader.corrupt(
                    "words and buckets need \(required) rows and the input matrix has \(input.rowCount)", at: inputPlace)
            }
            let outputPlace = reader.offset
            let outputFlag = try reader.flag("the flag for a quantised output matrix")
            output = try WeightMatrix("the output matrix", quantized: isQuantized && outputFlag, from: &reader)
            guard output.columnCount == parameters.dimension else {
                throw reader.corrupt(
                    "an output matrix of \(output.columnCount) columns does not fit vectors of \(parameters.dimension)", at: outputPlace)
            }
            guard parameters.architecture != .supervised || output.rowCount == dictionary.labelCount else {
                throw reader.corrupt(
                    "an output matrix of \(output.rowCount) rows does not fit \(dictionary.labelCount) labels", at: outputPlace)
            }
            classifier = try LabelClassifier(parameters: parameters, dictionary: dictionary, reader: reader, in: bytes)
        }
    }
}
