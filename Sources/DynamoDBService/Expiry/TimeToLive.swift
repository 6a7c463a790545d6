/// When items of a table are over: an attribute's number, in seconds since the epoch, against a moment.
struct TimeToLive: Equatable, Sendable {
    /// Older times are taken for mistakes and expire nothing (DynamoDB developer guide, time to live).
    private static let pastSecondsMax = 5 * 365 * 86_400

    let attribute: String
    let nowSeconds: Int

    /// Items without the attribute, or with one of another type, live for ever.
    func isOver(for item: AttributeMap) -> Bool {
        guard case .number(let end) = item[attribute] else { return false }
        let oldest = max(0, nowSeconds - Self.pastSecondsMax)
        return end < DecimalNumber(nowSeconds) && !(end < DecimalNumber(oldest))
    }
}
