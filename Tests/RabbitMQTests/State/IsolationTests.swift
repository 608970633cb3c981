import Testing

@testable import RabbitMQ

@Suite("Isolation")
struct IsolationTests {
    /// Sends groups to a broker that closes the channel for the culprits, as RabbitMQ does: what comes before a culprit may be confirmed.
    ///
    /// - Returns: Who was convicted, in order, and how many groups went out.
    private func convict(_ culprits: Set<Int>, among count: Int, after scope: Isolation<Int>.Scope) -> (convicted: [Int], groups: Int) {
        var isolation = Isolation<Int>()
        isolation.add(Array(0..<count), after: scope)
        var convicted: [Int] = []
        var groups = 0
        while isolation.isActive {
            let group = isolation.takeGroup()
            groups += 1
            guard group.contains(where: culprits.contains) else {
                isolation.groupEnded()
                continue
            }
            if group.count == 1 {
                convicted += group
                isolation.add([], after: scope)
            } else {
                isolation.add(group, after: scope)
            }
        }
        return (convicted, groups)
    }

    @Test(arguments: [1, 2, 3, 40, 4_096]) func culpritIsFoundInLogarithmicallyManyGroups(_ count: Int) {
        let culprit = count * 2 / 3
        let (convicted, groups) = convict([culprit], among: count, after: .channel)
        #expect(convicted == [culprit])
        #expect(groups <= 4 * (count.bitWidth - count.leadingZeroBitCount) + 2)
    }

    @Test func severalCulpritsAreAllFoundAndNobodyElse() {
        #expect(convict([0, 3, 4, 99], among: 100, after: .channel).convicted == [0, 3, 4, 99])
        #expect(convict([0, 3, 4, 99], among: 100, after: .connection).convicted == [0, 3, 4, 99])
    }

    @Test func suspectsOfALostConnectionGoOneByOne() {
        var isolation = Isolation<Int>()
        isolation.add([1, 2, 3], after: .connection)
        #expect(isolation.takeGroup() == [1])
        #expect(isolation.takeGroup().isEmpty)
        isolation.groupEnded()
        // A channel that is closed meanwhile does not make the groups larger.
        isolation.add([5, 6], after: .channel)
        #expect(isolation.takeGroup() == [5])
        #expect(isolation.scope == .connection)
    }

    @Test func removedSuspectsDoNotGoAgain() {
        var isolation = Isolation<Int>()
        isolation.add([1, 2, 3, 4], after: .channel)
        isolation.removeAll { $0 < 3 }
        #expect(isolation.takeGroup() == [3, 4])
        isolation.groupEnded()
        #expect(!isolation.isActive)
    }
}
