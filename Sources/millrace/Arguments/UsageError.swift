/// Something the user asked for in a way that cannot be carried out: what, and what to do instead. Exit code 2.
struct UsageError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
