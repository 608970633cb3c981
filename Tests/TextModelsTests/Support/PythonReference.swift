import Foundation

/// The reference implementations, in the Python environment that `MLSERVING_PYTHON` names: fastText's binding, scikit-learn, `re`.
enum PythonReference {
    static let interpreter = ProcessInfo.processInfo.environment["MLSERVING_PYTHON"]

    /// Runs a program with a JSON value as `given` and returns what it prints as JSON.
    static func run<Answer: Decodable>(_ program: String, given value: some Encodable, as type: Answer.Type = Answer.self) throws -> Answer
    {
        guard let interpreter else { throw CommandLineTool.Failure(description: "MLSERVING_PYTHON is not set") }
        let input = String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
        let preamble = "import json, sys\ngiven = json.load(sys.stdin)\n"
        let output = try CommandLineTool.run(interpreter, ["-c", preamble + program], input: input)
        return try JSONDecoder().decode(Answer.self, from: Data(output.utf8))
    }
}
