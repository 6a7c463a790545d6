/// Everything that is wrong with a template, each with its place. Nothing of such a template may be applied.
package struct TemplateError: Error, Equatable, CustomStringConvertible {
    package let problems: [TemplateProblem]

    package init(problems: [TemplateProblem]) {
        self.problems = problems
    }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// One thing in a template that cannot be applied, as `file:line:column: what and what to do`.
package struct TemplateProblem: Error, Equatable, CustomStringConvertible {
    package let file: String
    /// From 1; 0 when the file as a whole is meant.
    package let line: Int
    package let column: Int
    package let message: String

    package init(file: String, line: Int, column: Int, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    package var description: String {
        line == 0 ? "\(file): \(message)" : "\(file):\(line):\(column): \(message)"
    }
}
