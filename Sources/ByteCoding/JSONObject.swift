/// The members of a JSON object in order; equal when they hold the same members in whatever order.
package struct JSONObject: Sendable {
    /// One name and its value.
    package typealias Member = (key: String, value: JSONValue)

    /// From how many members on looking through them costs more than an index.
    private static let indexedCount = 12

    /// The members in the order in which their names first appeared.
    package private(set) var members: [Member] = []
    /// Where each name is; empty while there are few.
    private var places: [String: Int] = [:]

    package init() {}

    /// Of members with the same name the last value counts.
    package init(_ members: [(String, JSONValue)]) {
        for (key, value) in members { self[key] = value }
    }

    /// The value of a member; assigning nil removes it.
    package subscript(_ key: String) -> JSONValue? {
        get { place(of: key).map { members[$0].value } }
        set {
            switch (place(of: key), newValue) {
            case (let place?, let value?): members[place].value = value
            case (let place?, nil):
                members.remove(at: place)
                rebuildPlaces()
            case (nil, let value?):
                members.append((key, value))
                if members.count > Self.indexedCount + 1 {
                    places[key] = members.count - 1
                } else if members.count > Self.indexedCount {
                    rebuildPlaces()
                }
            case (nil, nil): break
            }
        }
    }

    package var count: Int { members.count }
    package var isEmpty: Bool { members.isEmpty }
    package var keys: [String] { members.map(\.key) }

    private func place(of key: String) -> Int? {
        places.isEmpty ? members.firstIndex { $0.key == key } : places[key]
    }

    private mutating func rebuildPlaces() {
        places.removeAll(keepingCapacity: true)
        guard members.count > Self.indexedCount else { return }
        for (place, member) in members.enumerated() { places[member.key] = place }
    }
}

extension JSONObject: Equatable {
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value }
    }
}

extension JSONObject: Sequence {
    package func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }
}
