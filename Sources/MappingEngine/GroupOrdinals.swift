/// Small numbers for the message groups of which messages are held, so that the machine need not know their names.
package struct GroupOrdinals {
    private struct Holding {
        let name: String
        var messages: Int
    }

    private var ordinals: [String: Int] = [:]
    /// By ordinal; `nil` for one that is free.
    private var holdings: [Holding?] = []
    private var free: [Int] = []

    package init() {}

    /// Groups of which messages are held.
    package var count: Int { ordinals.count }

    /// The number of a message's group, which keeps it until all of its held messages are released.
    package mutating func hold(_ name: String) -> Int {
        if let ordinal = ordinals[name] {
            holdings[ordinal]?.messages += 1
            return ordinal
        }
        let holding = Holding(name: name, messages: 1)
        let ordinal: Int
        if let unused = free.popLast() {
            ordinal = unused
            holdings[ordinal] = holding
        } else {
            ordinal = holdings.count
            holdings.append(holding)
        }
        ordinals[name] = ordinal
        return ordinal
    }

    package mutating func release(_ ordinal: Int) {
        guard let holding = holdings[ordinal] else { preconditionFailure("held groups are released") }
        guard holding.messages == 1 else {
            holdings[ordinal]?.messages -= 1
            return
        }
        ordinals[holding.name] = nil
        holdings[ordinal] = nil
        free.append(ordinal)
    }
}
