import Synchronization
import Testing

@testable import MLServingCore

@Suite("RequestNaming")
struct RequestNamingTests {
    @Test func keysShareAPrefixAndAHashTag() {
        let naming = RequestNaming(prefix: "results")
        #expect(naming.producerID.count == 24)
        #expect(naming.producerID.allSatisfy { $0.isHexDigit })
        #expect(naming.keyPrefix == "results:{\(naming.producerID)}:")
        let (id, key) = naming.next()
        #expect(key == naming.keyPrefix + id)
        #expect(id.hasPrefix(naming.producerID))
        #expect(Ticket(key) != nil)
    }

    @Test func producersDiffer() {
        #expect(Set((0..<1_000).map { _ in RequestNaming(prefix: "p").producerID }).count == 1_000)
    }

    @Test func namesAreUniqueAmongTasks() async {
        let naming = RequestNaming(prefix: "p")
        let names = await withTaskGroup(of: [String].self, returning: Set<String>.self) { group in
            for _ in 0..<8 { group.addTask { (0..<1_000).map { _ in naming.next().id } } }
            return await group.reduce(into: []) { $0.formUnion($1) }
        }
        #expect(names.count == 8_000)
    }
}
