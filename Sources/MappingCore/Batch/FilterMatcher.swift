import ByteCoding

/// Asks compiled filters about one record after the other. Holds the scratch for it, so one thread uses it at a time.
///
/// For each record: `begin`, then the record's parts in any order, then `matches`. What was not added is not there.
package struct FilterMatcher {
    package let filter: RecordFilter
    /// What is known of each field, as bits of `Known`.
    var known: [UInt8]
    /// For each place, the object in which its name was met last; tells that a name came twice.
    var seen: [Int]
    /// Objects met so far, to tell them apart.
    var objects = 0
    /// Names with dots that matter, with the objects that they were met in.
    var dotted: [(object: Int, name: [UInt8])] = []
    var hasRepeatedName = false

    enum Known {
        static let isThere: UInt8 = 1
        static let holds: UInt8 = 2
        /// The part that the field looks at does not have the form that the pattern expects.
        static let isVoid: UInt8 = 4
    }

    package init(_ filter: RecordFilter) {
        self.filter = filter
        known = Array(repeating: 0, count: filter.fields.count)
        seen = Array(repeating: 0, count: filter.places.count)
    }

    /// Forgets the record before.
    package mutating func begin() {
        for index in known.indices { known[index] = 0 }
    }

    /// Whether at least one pattern matches what was added.
    package var matches: Bool { holds(rule: 0) }

    private func holds(rule index: Int) -> Bool {
        switch filter.program.rules[index] {
        case .all(let parts):
            for part in parts where !holds(rule: part) { return false }
            return true
        case .any(let parts):
            for part in parts where holds(rule: part) { return true }
            return false
        case .field(let field):
            let state = known[field]
            guard state & Known.isVoid == 0 else { return false }
            if state & Known.holds != 0 { return true }
            return state & Known.isThere == 0 && filter.program.fields[field].acceptsAbsence
        }
    }

    /// A text at a place.
    package mutating func add(text: Span<UInt8>, at node: RecordFilter.Node) {
        text.withUnsafeBufferPointer { note(.text($0), at: node) }
    }

    /// A number at a place, as JSON writes it.
    package mutating func add(number: Span<UInt8>, at node: RecordFilter.Node) {
        number.withUnsafeBufferPointer { note(.number($0), at: node) }
    }

    /// Nothing that looks below a place can match this record, not even a test for absence.
    package mutating func rejectFields(below node: RecordFilter.Node) {
        for index in filter.fields(below: node) { known[index] |= Known.isVoid }
    }

    package mutating func rejectFields(at node: RecordFilter.Node) {
        for index in filter.fields(at: node) { known[index] |= Known.isVoid }
    }

    /// Takes back what was added at a place and below it.
    package mutating func forget(_ node: RecordFilter.Node) {
        for index in filter.fields(at: node) + filter.fields(below: node) { known[index] = 0 }
    }

    mutating func note(_ leaf: FilterLeaf, at node: RecordFilter.Node) {
        for place in filter.program.places[node.index].fields {
            let field = filter.program.placeFields[place]
            if known[field] & Known.holds == 0, filter.program.holds(field, of: leaf) {
                known[field] |= Known.holds
            }
            known[field] |= Known.isThere
        }
    }
}

// MARK: - JSON

extension FilterMatcher {
    /// Adds a whole JSON text below a place.
    ///
    /// - Returns: False when it is not one JSON object; the fields below the place are then not to be relied on.
    package mutating func add(json: Span<UInt8>, below node: RecordFilter.Node) -> Bool {
        do throws(JSONError) {
            if try read(json, below: node) { return true }
            // Rare, so it may cost a tree: of members with one name the last one counts.
            for index in filter.fields(below: node) { known[index] = 0 }
            let tree = try JSONValue(parsing: json.withUnsafeBufferPointer { Array($0) })
            let bytes = tree.bytes
            _ = try read(bytes.span, below: node)
            return true
        } catch {
            return false
        }
    }

    /// Adds members without braces around them; false when they are none.
    package mutating func add(members: Span<UInt8>, below node: RecordFilter.Node) -> Bool {
        do throws(JSONError) {
            try members.withUnsafeBufferPointer { (text) throws(JSONError) in
                let json = JSONScanner(text, upTo: text.count)
                _ = try readMembers(json, from: 0, closing: 0, below: node, depth: 1)
            }
            return true
        } catch {
            return false
        }
    }

    /// False when a name that matters came twice in one object.
    private mutating func read(_ json: Span<UInt8>, below node: RecordFilter.Node) throws(JSONError) -> Bool {
        hasRepeatedName = false
        dotted.removeAll(keepingCapacity: true)
        try json.withUnsafeBufferPointer { (text) throws(JSONError) in
            let json = JSONScanner(text, upTo: text.count)
            let start = try json.expect(UInt8(ascii: "{"), at: 0)
            let end = try readMembers(json, from: start, closing: UInt8(ascii: "}"), below: node, depth: 1)
            guard json.afterSpace(end) == text.count else {
                throw JSONError(offset: end, reason: "text after the value")
            }
        }
        return !hasRepeatedName
    }
}
