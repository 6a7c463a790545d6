/// What an update expression does to an item.
struct UpdateProgram: Equatable, Sendable {
    /// What `SET` puts in place.
    indirect enum Operand: Equatable, Sendable {
        case path(DocumentPath)
        case value(AttributeValue)
        case ifNotExists(DocumentPath, Operand)
        case listAppend(Operand, Operand)
        case sum(Operand, Operand)
        case difference(Operand, Operand)
    }

    enum Action: Equatable, Sendable {
        case set(DocumentPath, Operand)
        case remove(DocumentPath)
        case add(DocumentPath, AttributeValue)
        case delete(DocumentPath, AttributeValue)

        var path: DocumentPath {
            switch self {
            case .set(let path, _), .remove(let path), .add(let path, _), .delete(let path, _): path
            }
        }
    }

    /// In the order in which they were written; no two clash.
    var actions: [Action] = []

    var paths: [DocumentPath] { actions.map(\.path) }
}

/// Why an item cannot be updated as asked, found when the item is there.
enum UpdateFailure: Error, Equatable {
    /// The place's parent is missing or of another type.
    case noSuchPlace
    /// An operand names what the item does not have.
    case noSuchAttribute
    case wrongType
    case number(DecimalNumber.Failure)
    /// Larger than 400 KB.
    case tooLarge
    case tooDeep

    /// DynamoDB's sentence.
    var message: String {
        switch self {
        case .noSuchPlace: "The document path provided in the update expression is invalid for update"
        case .noSuchAttribute:
            "The provided expression refers to an attribute that does not exist in the item"
        case .wrongType: "An operand in the update expression has an incorrect data type"
        case .number(.overflow):
            "Number overflow. Attempting to store a number with magnitude larger than supported range"
        case .number(.underflow):
            "Number underflow. Attempting to store a number with magnitude smaller than supported range"
        case .number(.tooManyDigits), .number(.notANumber):
            "Attempting to store more than 38 significant digits in a Number"
        case .tooLarge: "Item size to update has exceeded the maximum allowed size"
        case .tooDeep: "Nesting Levels have exceeded supported limits"
        }
    }
}
