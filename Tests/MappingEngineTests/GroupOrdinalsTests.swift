import MappingEngine
import Testing

@Suite("Numbers of message groups")
struct GroupOrdinalsTests {
    @Test("A group keeps its number while messages of it are held, and gives it back after the last")
    func numbers() {
        var groups = GroupOrdinals()
        #expect(groups.hold("a") == 0)
        #expect(groups.hold("b") == 1)
        #expect(groups.hold("a") == 0)
        #expect(groups.count == 2)
        groups.release(0)
        #expect(groups.hold("c") == 2)
        groups.release(0)
        #expect(groups.hold("d") == 0)
        #expect(groups.hold("a") == 3)
        #expect(groups.count == 4)
    }
}
