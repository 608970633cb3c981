import Testing

@testable import MLServingCore

@Suite("What hosts announce")
struct AnnouncementTests {
    private static let description = ModelDescription(
        summary: "Says it \"loudly\".", inputSchema: #"{"type":"string"}"#, outputSchema: #"{"type":"string"}"#, example: #""hello""#)

    private func announcement(_ address: ModelAddress, host: String = "a1", since: Int64 = 5, summary: String? = nil) -> Announcement {
        var description = Self.description
        if let summary { description.summary = summary }
        return Announcement(
            address: address, contentTypes: ["application/json"], description: description,
            host: .init(id: host, machine: "box", processID: 7, since: since))
    }

    private func entry(_ text: String) -> DirectoryEntry { DirectoryEntry(name: "x", value: Array(text.utf8)) }

    @Test(arguments: ["shout", "shout:2", "modèle:1.0-rc"])
    func entriesAreReadAsTheyWereWritten(_ name: String) throws {
        let address = try #require(ModelAddress(name))
        let written = announcement(address)
        let entry = try written.entry()
        #expect(Announcement(entry) == written)
        #expect(entry.name == "\(address.queue)/a1")
    }

    /// Programs in other languages read it.
    @Test func entryIsAnObject() throws {
        let text = String(decoding: try announcement("shout:2").entry().value, as: UTF8.self)
        #expect(
            text == #"""
                {"name":"shout","version":"2","queue":"shout.v2","content_types":["application/json"],"summary":"Says it \"loudly\".",\#
                "input_schema":{"type":"string"},"output_schema":{"type":"string"},"example":"hello",\#
                "host":{"id":"a1","machine":"box","process":7,"since":5}}
                """#)
    }

    @Test func bareEntryIsEnough() throws {
        let read = try #require(Announcement(entry(#"{"name":"m","host":{"id":"h"}}"#)))
        #expect(read.address == "m" && read.description == ModelDescription() && read.contentTypes == [] && read.host.since == 0)
    }

    @Test(arguments: [
        "", "null", "[]", "{}", #"{"name":"m"}"#, #"{"name":"m","host":{}}"#, #"{"name":"a b","host":{"id":"h"}}"#,
        #"{"name":"amq.gen","host":{"id":"h"}}"#, #"{"name":"m","version":2,"host":{"id":"h"}}"#,
        #"{"name":"m","version":"","host":{"id":"h"}}"#, #"{"name":"m","host":{"id":"h"}"#,
        #"{"name":"m","host":{"id":"\#(String(repeating: "h", count: 65))"}}"#,
        #"{"name":"m","host":{"id":"h"},"x":\#(String(repeating: "[", count: 65))\#(String(repeating: "]", count: 65))}"#,
    ])
    func whatIsNoAnnouncementIsLeftOut(_ text: String) {
        #expect(AnnouncedModel.models(in: [entry(text)]) == [])
    }

    @Test(arguments: [#"1e400"#, #"-1"#, #"1.5"#, #""7""#, "9223372036854775808"])
    func numbersMayBeAnything(_ number: String) throws {
        let read = try #require(Announcement(entry(#"{"name":"m","host":{"id":"h","process":\#(number),"since":\#(number)}}"#)))
        #expect(read.host.since == (number == "-1" ? -1 : 0))
    }

    @Test func hostsOfAModelAreOneEntry() throws {
        let all = [
            announcement("b", host: "1", since: 1, summary: "old"), announcement("a:2"),
            announcement("b", host: "2", since: 2, summary: "new"),
            announcement("a"), announcement("b", host: "3", since: 1, summary: "old"),
        ]
        let models = AnnouncedModel.models(in: try all.map { try $0.entry() } + [entry("no")])
        #expect(models.map { "\($0.address)" } == ["a", "a:2", "b"])
        #expect(models[2].hosts.map(\.id) == ["2", "3", "1"] && models[2].description.summary == "new")
    }
}
