/// What JSON does not say of itself and CBOR does: which members of a service's shapes are blobs and timestamps.
///
/// Names count at every depth, so an operation that is added needs nothing, as long as a name always means the same.
package struct CBORMembers: Sendable {
    /// What the value of a member is, also of each element if the value is an array.
    enum Role {
        case plain
        /// Base64 in JSON, a byte string in CBOR.
        case blob
        /// Seconds since 1970 in JSON, a tagged number in CBOR.
        case timestamp
        /// A map whose keys are the user's: no name in it means anything.
        case free
    }

    private let roles: [String: Role]

    /// - Parameters:
    ///   - blobs: Members that hold bytes.
    ///   - timestamps: Members that hold moments, or lists of them.
    ///   - freeMaps: Members that are maps with keys of the user's choice, such as tags.
    package init(blobs: [String], timestamps: [String], freeMaps: [String] = []) {
        var roles: [String: Role] = [:]
        for name in blobs { roles[name] = .blob }
        for name in timestamps { roles[name] = .timestamp }
        for name in freeMaps { roles[name] = .free }
        self.roles = roles
    }

    /// - Parameter outer: The role of the object that has the member.
    func role(of member: String, in outer: Role) -> Role {
        outer == .free ? .free : roles[member] ?? .plain
    }

    /// Kinesis Data Streams (API reference 2013-12-02).
    package static let kinesis = CBORMembers(
        blobs: ["Data"],
        timestamps: [
            "ApproximateArrivalTimestamp", "ConsumerCreationTimestamp", "StreamCreationTimestamp",
            "Timestamp",
        ],
        freeMaps: ["Tags"])
}
