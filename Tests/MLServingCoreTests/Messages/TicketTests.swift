import Testing

@testable import MLServingCore

@Suite("Ticket")
struct TicketTests {
    @Test func textRoundTrips() throws {
        let ticket = Ticket(key: "mlserving:{ab12}:ab12-7")
        #expect(Ticket(ticket.description) == ticket)
        let bytes = try JSONCodec().encode(ticket)
        #expect(String(decoding: bytes, as: UTF8.self) == #""mlserving:{ab12}:ab12-7""#)
        #expect(try JSONCodec().decode(Ticket.self, from: bytes[...]) == ticket)
    }

    @Test(arguments: ["", "a b", "a\nb", "a\u{7F}", "\u{0}", String(repeating: "a", count: 513)])
    func whatCannotBeAKeyIsNoTicket(text: String) throws {
        #expect(Ticket(text) == nil)
        let bytes = try JSONCodec().encode(text)
        #expect(throws: DecodingError.self) { try JSONCodec().decode(Ticket.self, from: bytes[...]) }
    }

    @Test func longestKeyIsATicket() {
        #expect(Ticket(String(repeating: "a", count: 512)) != nil)
    }
}
