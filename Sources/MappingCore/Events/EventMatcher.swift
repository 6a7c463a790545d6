package import EventModel

/// Tells whether events match a rule's pattern.
package struct EventMatcher {
    package let pattern: FilterPattern
    private var matcher: FilterMatcher

    package init(_ pattern: FilterPattern) {
        self.pattern = pattern
        matcher = FilterMatcher(RecordFilter([pattern]))
    }

    /// - Parameter event: The event's JSON; anything but an object matches nothing.
    package mutating func matches(_ event: [UInt8]) -> Bool {
        matcher.begin()
        return matcher.add(json: event.span, below: .root) && matcher.matches
    }
}
