import ArgumentParser
import Glibc
import TextModels

/// Opens a model, and prints how long that took and what of it is resident: after opening, and after some texts.
struct Open: ParsableCommand {
    @Argument var model: String
    @Flag(help: "Then stay until the input ends, as a consumer would.")
    var stay = false

    func run() throws {
        let before = Memory.resident
        let start = Clock.now
        let model = try FastTextModel(path: model)
        let seconds = Clock.now - start
        let opened = Memory.resident - before
        for index in 0..<min(100, model.wordCount) { _ = model.sentenceVector(of: model.word(at: index)) }
        print(seconds, opened, Memory.resident - before)
        guard stay else { return }
        // All streams.
        fflush(nil)
        withExtendedLifetime(model) { _ = getchar() }
    }
}
