/// A value of a template after its intrinsic functions were carried out.
struct Value: Equatable {
    struct Member: Equatable {
        let key: String
        let keyPlace: DocumentNode.Place
        let value: Value
    }

    enum Content: Equatable {
        /// As a plain scalar numbers and Booleans come as text too; who reads the value knows what it should be.
        case text(String)
        case list([Value])
        case object([Member])
        /// An ARN that is not known before what it names is there.
        case late(TemplatePlan.LateARN)
        /// `AWS::NoValue`: as if the property were not written.
        case nothing
        /// Reported already; readers pass over it in silence.
        case invalid
    }

    let place: DocumentNode.Place
    let content: Content
    /// Whether a text was written without quotes and may stand for a number or a Boolean.
    var isPlain = false

    var text: String? {
        guard case .text(let text) = content else { return nil }
        return text
    }

    var kindName: String {
        switch content {
        case .text: "a text or number"
        case .list: "a list"
        case .object: "a map"
        case .late(.tableStream): "the ARN of a table's stream"
        case .late(.consumer): "the ARN of a consumer"
        case .nothing, .invalid: "nothing"
        }
    }
}

/// Collects what is wrong with one file.
final class ProblemList {
    let file: String
    private(set) var problems: [TemplateProblem] = []

    init(file: String) {
        self.file = file
    }

    func add(_ place: DocumentNode.Place, _ message: String) {
        let problem = TemplateProblem(file: file, line: place.line, column: place.column, message: message)
        // The same value can be looked at for a name and again as a property.
        if !problems.contains(problem) { problems.append(problem) }
    }

    /// In the order of the file.
    var sorted: [TemplateProblem] {
        problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }
}
