/// Which Millrace this is; the README's list of changes goes by the same number.
enum Version {
    static let text = "0.1.0"
}
