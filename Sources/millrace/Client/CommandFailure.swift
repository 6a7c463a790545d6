/// Why a verb could not do what it was asked to: what happened and what to do next. Exit code 1.
struct CommandFailure: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
