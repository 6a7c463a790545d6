/// The statements that say who may use a function, an alias, a version or a layer. Kept and shown, never evaluated.
package struct ResourcePolicy: Equatable, Sendable {
    package struct Statement: Equatable, Sendable {
        /// Unique within the policy.
        package let id: String
        /// The whole statement as JSON.
        package let text: String

        package init(id: String, text: String) {
            self.id = id
            self.text = text
        }
    }

    package var statements: [Statement]
    package var revisionID: String

    package init(statements: [Statement] = [], revisionID: String) {
        self.statements = statements
        self.revisionID = revisionID
    }

    /// The document as `GetPolicy` shows it.
    package var document: String {
        #"{"Version":"2012-10-17","Id":"default","Statement":["#
            + statements.map(\.text).joined(separator: ",") + "]}"
    }
}
