import Foundation
import Testing

@Suite("Input and output of programs", .timeLimit(.minutes(5)))
struct OutputTests {
    @Test(arguments: ["--help", "--version", "settings", "help predict", "help consume"])
    func outputThatCannotBeWrittenIs74(_ arguments: String) async throws {
        let outcome = try await MLServingProgram.shell("\"$0\" \(arguments) > /dev/full")
        #expect(outcome.status == 74)
        #expect(outcome.errors.contains("standard output cannot be written: No space left on device"))
    }

    @Test(arguments: ["fasttext-consumer", "short-texts-clustering"])
    func outputOfTheOtherProgramsIsCheckedToo(_ program: String) async throws {
        #expect(try await MLServingProgram.shell("\"$0\" --help > /dev/full", program: program).status == 74)
    }

    // "true" ends before the program has written anything, for it waits for the end of "true".
    @Test func readerThatHasGoneEndsAProgramQuietly() async throws {
        let outcome = try await MLServingProgram.shell("exec 3> >(true); wait $!; \"$0\" settings >&3")
        #expect(outcome.status == 141)
        #expect(outcome.errors.isEmpty)
    }

    @Test(arguments: [
        (#""$0" predict "$(printf 'a\377')""#, 64, "argument 2 is not UTF-8: byte 2"),
        (#""$0" predict "$(printf '"a\n\303("')""#, 64, "argument 2 is not UTF-8: line 2, byte 1"),
        (#"printf '"one"\n"tw\355\240\200o"' | "$0" predict"#, 65, "standard input is not UTF-8: line 2, byte 4"),
        (#"printf '["a"' | "$0" predict --list"#, 65, "--list takes a JSON array"), (#"printf '' | "$0" predict"#, 65, "not JSON"),
        (#""$0" predict - < /"#, 66, "standard input cannot be read: Is a directory"),
        (#"RABBIT_USER="$(printf 'a\377')" "$0" predict 1"#, 78, "RABBIT_USER: the value in the environment is not UTF-8"),
    ])
    func bytesThatAreNoTextAreRefusedByTheirPlace(_ line: String, _ status: Int32, _ message: String) async throws {
        let outcome = try await MLServingProgram.shell(line)
        #expect(outcome.status == status)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }

    @Test(arguments: [#"{"a":"#, "no json", "'a'", #"{"a" 1}"#], [[], ["--content-type", "pickle"], ["--list"]])
    func errorsAreOneLineWithoutNamesOfSwift(_ input: String, _ options: [String]) async throws {
        let outcome = try await MLServingProgram.run(["predict", "-"] + options, input: input)
        #expect(outcome.status == 65, "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        for name in ["DecodingError", "dataCorrupted", "Swift", "Optional(", "codingPath", "invalid_input: invalid_input"] {
            #expect(!outcome.errors.contains(name), "\(outcome.errors)")
        }
        #expect(outcome.errors.components(separatedBy: "invalid_input").count <= 2)
    }
}
