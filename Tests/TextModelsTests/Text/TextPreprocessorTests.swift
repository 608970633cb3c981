import Testing
import TextModels

@Suite struct TextPreprocessorTests {
    @Test(arguments: [
        ("", ""), ("  Door  ", "door"), ("The DOOR is open!", "door open"), ("R&D of doors&windows", "doors windows"),
        ("I don't know", "know"), ("I don\u{2019}t know", "know"), ("the user's account", "user account"),
        ("'quoted' words", "quoted words"),
        ("rock'n'roll", "rock roll"), ("an ox at it", ""), ("éé été", "été"), ("e-mail & fax:\nno reply", "mail fax reply"),
        ("you'll be themselves", ""), ("ÀÉÎ", "àéî"), ("tab\tand\nline", "tab line"),
    ])
    func keepsTheWordsThatCarryMeaning(text: String, expected: String) {
        #expect(TextPreprocessor().preprocess(text) == expected)
    }

    @Test func preprocessingTwiceChangesNothing() {
        let preprocessor = TextPreprocessor()
        let once = preprocessor.preprocess("The user's e-mail isn't working & nobody'll answer")
        #expect(preprocessor.preprocess(once) == once)
    }

    @Test func stopWordsAndLengthCanBeChosen() {
        let preprocessor = TextPreprocessor(stopWords: ["door"], shortestLength: 1)
        #expect(preprocessor.words(of: "The door is a door") == ["the", "is", "a"])
    }

    @Test func theClassicalListHas179LowerCaseWords() {
        #expect(StopWords.english.count == 179)
        #expect(StopWords.english.allSatisfy { $0 == $0.lowercased() })
    }
}
