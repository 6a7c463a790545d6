/// The members of a JSON object in order; equal when they hold the same members in whatever order.
package struct JSONObject: Sendable {
    /// One name and its value.
    package typealias Member = (key: String, value: JSONValue)

    /// The members in the order in which their names first appeared.
    package private(set) var members: [Member] = []

    package init() {}

    /// Of members with the same name the last value counts.
    package init(_ members: [(String, JSONValue)]) { fatalError("pending") }

    /// The value of a member; assigning nil removes it.
    package subscript(_ key: String) -> JSONValue? {
        get { fatalError("pending") }
        set { fatalError("pending") }
    }

    package var count: Int { members.count }
    package var isEmpty: Bool { members.isEmpty }
    package var keys: [String] { members.map(\.key) }
}

extension JSONObject: Equatable {
    package static func == (left: JSONObject, right: JSONObject) -> Bool { fatalError("pending") }
}

extension JSONObject: Sequence {
    package func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }
}
