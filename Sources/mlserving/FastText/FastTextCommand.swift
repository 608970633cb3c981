import ArgumentParser
import Logging
import MLServing
import TextModels

extension ConsumeCommand {
    struct FastText: AsyncParsableCommand, EndingAtSignals {
        static let configuration = CommandConfiguration(
            commandName: "fasttext",
            abstract: "Answer texts with their vectors or labels, by a fastText model.",
            discussion: """
                A request is one text or a list of texts. Vectors are those of fastText's print-sentence-vectors, a list of numbers for each text; \
                labels are its predictions, a list of {"label": …, "probability": …} for each. \
                The model is mapped into memory: several consumers of one model on a machine share it.

                Runs until SIGTERM or SIGINT, then finishes what it has begun. Logs "consumer ready" when it consumes. \
                Ends with 66 if the model cannot be read, and with 65 if it is damaged or cannot do what is asked.

                mlserving consume fasttext --model lid.176.ftz --k 3

                \(CommandHelp.environment(.consumers))
                """
        )

        @Option(help: ArgumentHelp("The model, a .bin or .ftz file.", valueName: "file"))
        var model: String

        @Option(help: "vectors or labels. (default: labels if the model has been trained to predict some, else vectors)")
        var serve: FastTextPredictor.Service?

        @Option(name: [.customLong("k"), .customLong("limit")], help: "At most this many labels for a text; 0 for all.")
        var limit = 1

        @Option(help: "Leave out labels of a smaller probability, 0 to 1.")
        var threshold = DecimalNumber(0)

        @OptionGroup var consumer: ConsumerOptions

        func validate() throws {
            guard limit >= 0 else { throw ValidationError("--k must not be negative.") }
            guard (0...1).contains(threshold.value) else { throw ValidationError("--threshold must be between 0 and 1.") }
        }

        func run() async throws {
            try await consumer.run(label: "mlserving.fasttext") { logger in
                let model = try open(logger)
                let isSupervised = model.parameters.architecture == .supervised
                guard serve != .labels || isSupervised else {
                    let message = "\(self.model) predicts no labels; train one with `fasttext supervised`, or --serve vectors"
                    throw ProgramError(.dataError, message)
                }
                return FastTextPredictor(
                    model: model, service: serve ?? (isSupervised ? .labels : .vectors), limit: limit == 0 ? nil : limit,
                    threshold: Float(threshold.value))
            }
        }

        private func open(_ logger: Logger) throws -> FastTextModel {
            let start = ContinuousClock.now
            let model = try FastTextModel(path: self.model)
            logger.info(
                "Opened the fastText model",
                metadata: [
                    "path": "\(model.path)", "words": "\(model.wordCount)", "labels": "\(model.labelCount)",
                    "dimension": "\(model.dimension)", "load_time": "\(ContinuousClock.now - start)",
                ])
            return model
        }
    }
}

extension FastTextPredictor.Service: ExpressibleByArgument {}
