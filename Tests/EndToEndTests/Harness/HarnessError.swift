/// Why a test cannot go on; the description is what its reader sees.
struct HarnessError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
