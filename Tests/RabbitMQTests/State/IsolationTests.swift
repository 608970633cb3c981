import Testing

@testable import RabbitMQ

@Suite("Isolation")
struct IsolationTests {
    /// The next group, after one that has been confirmed.
    private func takeGroup(_ isolation: inout Isolation<Int>) -> [Int] {
        isolation.openNextGroup()
        var group: [Int] = []
        while let next = isolation.takeNext() { group.append(next) }
        return group
    }

    /// Sends groups to a broker that closes the channel for the culprits, as RabbitMQ does: what comes before a culprit may be confirmed.
    ///
    /// - Returns: Who was convicted, in order, and how many groups went out.
    private func convict(_ culprits: Set<Int>, among count: Int, after scope: Isolation<Int>.Scope) -> (convicted: [Int], groups: Int) {
        var isolation = Isolation<Int>()
        isolation.add(Array(0..<count), after: scope)
        var convicted: [Int] = []
        var groups = 0
        while isolation.isActive {
            let group = takeGroup(&isolation)
            if group.isEmpty { break }
            groups += 1
            guard group.contains(where: culprits.contains) else { continue }
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
        #expect(takeGroup(&isolation) == [1])
        #expect(isolation.isGroupOpen && isolation.hasSuspects)
        // A channel that is closed meanwhile does not make the groups larger.
        isolation.add([5, 6], after: .channel)
        #expect(takeGroup(&isolation) == [5])
        #expect(takeGroup(&isolation) == [6])
        #expect(isolation.scope == .connection)
    }

    @Test(arguments: [1, 2, 3, 40, 4_096]) func culpritThatEndsConnectionsIsFoundInHalves(_ count: Int) {
        let (convicted, groups) = convict([count / 3], among: count, after: .ending)
        #expect(convicted == [count / 3])
        #expect(groups <= 4 * (count.bitWidth - count.leadingZeroBitCount) + 2)
    }

    @Test func strictestScopeHoldsUntilAllIsThrough() {
        var isolation = Isolation<Int>()
        isolation.add([1, 2, 3, 4], after: .channel)
        isolation.add([1, 2, 3, 4], after: .ending)
        #expect(isolation.scope == .ending)
        isolation.add([], after: .channel)
        #expect(isolation.scope == .ending)
        isolation.add([], after: .connection)
        #expect(isolation.scope == .connection)
        #expect(isolation.takeAll() == [1, 2, 3, 4, 1, 2, 3, 4])
        isolation.add([1], after: .channel)
        #expect(isolation.scope == .channel)
    }

    @Test func sizeOfTheNextGroupIsKnownBefore() {
        var isolation = Isolation<Int>()
        isolation.add(Array(0..<7), after: .ending)
        for size in [3, 4] {
            #expect(isolation.nextGroupCount == size)
            #expect(takeGroup(&isolation).count == size)
        }
        #expect(isolation.nextGroupCount == 0)
    }

    @Test func isolationEndsWhenTheLastGroupIsConfirmed() {
        var isolation = Isolation<Int>()
        isolation.add([1], after: .channel)
        #expect(takeGroup(&isolation) == [1])
        #expect(isolation.isActive)
        isolation.openNextGroup()
        #expect(!isolation.isActive)
    }

    @Test func removedSuspectsDoNotGoAgain() {
        var isolation = Isolation<Int>()
        isolation.add(Array(1...8), after: .channel)
        isolation.openNextGroup()
        #expect(isolation.groupRest == 4)
        #expect(isolation.takeNext() == 1)
        isolation.removeAll { [2, 3, 7].contains($0) }
        #expect(isolation.groupRest == 1)
        #expect(isolation.takeNext() == 4)
        #expect(isolation.takeNext() == nil)
        #expect(takeGroup(&isolation) == [5, 6, 8])
    }
}
