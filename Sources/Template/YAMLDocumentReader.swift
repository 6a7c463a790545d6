import CYAML

/// Builds a tree from libyaml's events. Exactly one document; anchors and aliases work, merge keys do not.
final class YAMLDocumentReader {
    private let bytes: [UInt8]
    private let file: String
    private var parser = yaml_parser_t()
    private var anchors: [String: DocumentNode] = [:]
    private var nodeCount = 0

    init(bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
    }

    func document() throws(TemplateProblem) -> DocumentNode {
        guard yaml_parser_initialize(&parser) == 1 else {
            throw TemplateProblem(
                file: file, line: 0, column: 0, message: "Out of memory for the YAML parser.")
        }
        defer { yaml_parser_delete(&parser) }
        // The parser keeps the pointer, so it has to stay valid until the last event.
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, bytes.count))
        defer { copy.deallocate() }
        _ = copy.update(fromContentsOf: bytes)
        yaml_parser_set_input_string(&parser, copy.baseAddress, bytes.count)
        return try onlyDocument()
    }

    private func onlyDocument() throws(TemplateProblem) -> DocumentNode {
        try expect(YAML_STREAM_START_EVENT)
        let start = try next()
        guard start.kind == YAML_DOCUMENT_START_EVENT else {
            throw problem(start.place, "The file is empty.")
        }
        let root = try node(startingWith: try next(), depth: 1)
        try expect(YAML_DOCUMENT_END_EVENT)
        let end = try next()
        guard end.kind == YAML_STREAM_END_EVENT else {
            throw problem(end.place, "A second document starts here; only one per file is read.")
        }
        return root
    }

    // MARK: - Nodes

    private func node(startingWith event: Event, depth: Int) throws(TemplateProblem) -> DocumentNode {
        guard depth <= DocumentReader.Limits.depth else {
            throw problem(event.place, "Nested deeper than \(DocumentReader.Limits.depth) levels.")
        }
        let node: DocumentNode
        switch event.kind {
        case YAML_ALIAS_EVENT: return try alias(event, depth: depth)
        case YAML_SCALAR_EVENT:
            node = DocumentNode(
                place: event.place, tag: event.tag, content: .scalar(event.text, isPlain: event.isPlain))
        case YAML_SEQUENCE_START_EVENT:
            node = DocumentNode(place: event.place, tag: event.tag, content: try sequence(depth: depth))
        case YAML_MAPPING_START_EVENT:
            node = DocumentNode(place: event.place, tag: event.tag, content: try mapping(depth: depth))
        default: throw problem(event.place, "A value is missing here.")
        }
        try count(1, at: event.place)
        if let anchor = event.anchor { anchors[anchor] = node }
        return node
    }

    private func alias(_ event: Event, depth: Int) throws(TemplateProblem) -> DocumentNode {
        guard let name = event.anchor, let node = anchors[name] else {
            throw problem(event.place, "The alias *\(event.anchor ?? "") has no anchor before it.")
        }
        let (size, height) = node.extent
        try count(size, at: event.place)
        guard depth + height - 1 <= DocumentReader.Limits.depth else {
            throw problem(event.place, "Nested deeper than \(DocumentReader.Limits.depth) levels.")
        }
        return node
    }

    private func sequence(depth: Int) throws(TemplateProblem) -> DocumentNode.Content {
        var elements: [DocumentNode] = []
        var event = try next()
        while event.kind != YAML_SEQUENCE_END_EVENT {
            elements.append(try node(startingWith: event, depth: depth + 1))
            event = try next()
        }
        return .sequence(elements)
    }

    private func mapping(depth: Int) throws(TemplateProblem) -> DocumentNode.Content {
        var members: [DocumentNode.Member] = []
        var keys: Set<String> = []
        var event = try next()
        while event.kind != YAML_MAPPING_END_EVENT {
            guard event.kind == YAML_SCALAR_EVENT else {
                throw problem(event.place, "A key has to be a text.")
            }
            if event.text == "<<", event.isPlain {
                throw problem(event.place, "Merge keys (<<) are not supported; write the members out.")
            }
            guard keys.insert(event.text).inserted else {
                throw problem(event.place, "The key '\(event.text)' stands here a second time.")
            }
            let value = try node(startingWith: try next(), depth: depth + 1)
            members.append(.init(key: event.text, keyPlace: event.place, value: value))
            event = try next()
        }
        return .mapping(members)
    }

    private func count(_ more: Int, at place: DocumentNode.Place) throws(TemplateProblem) {
        nodeCount += more
        guard nodeCount <= DocumentReader.Limits.nodes else {
            throw problem(place, "The document holds more than \(DocumentReader.Limits.nodes) values.")
        }
    }

    private func problem(_ place: DocumentNode.Place, _ message: String) -> TemplateProblem {
        TemplateProblem(file: file, line: place.line, column: place.column, message: message)
    }
}

// MARK: - Events

extension YAMLDocumentReader {
    /// What of an event of libyaml is used here, taken out so that the event can be freed at once.
    private struct Event {
        var kind: yaml_event_type_t
        var place: DocumentNode.Place
        var anchor: String?
        var tag: String?
        var text = ""
        var isPlain = false
    }

    private func expect(_ kind: yaml_event_type_t) throws(TemplateProblem) {
        let event = try next()
        guard event.kind == kind else { throw problem(event.place, "This is not a YAML document.") }
    }

    private func next() throws(TemplateProblem) -> Event {
        var raw = yaml_event_t()
        guard yaml_parser_parse(&parser, &raw) == 1 else { throw syntaxProblem() }
        defer { yaml_event_delete(&raw) }
        var event = Event(kind: raw.type, place: Self.place(raw.start_mark))
        switch raw.type {
        case YAML_ALIAS_EVENT: event.anchor = Self.string(raw.data.alias.anchor)
        case YAML_SEQUENCE_START_EVENT:
            event.anchor = Self.string(raw.data.sequence_start.anchor)
            event.tag = Self.localTag(raw.data.sequence_start.tag)
        case YAML_MAPPING_START_EVENT:
            event.anchor = Self.string(raw.data.mapping_start.anchor)
            event.tag = Self.localTag(raw.data.mapping_start.tag)
        case YAML_SCALAR_EVENT:
            let scalar = raw.data.scalar
            event.anchor = Self.string(scalar.anchor)
            event.tag = Self.localTag(scalar.tag)
            event.text = String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            event.isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
        default: break
        }
        return event
    }

    private func syntaxProblem() -> TemplateProblem {
        let reason = parser.problem.map { String(cString: $0) } ?? "it cannot be read"
        let context = parser.context.map { " " + String(cString: $0) } ?? ""
        let isReaderError = parser.error == YAML_READER_ERROR
        let place =
            isReaderError
            ? LineIndex(bytes).place(ofOffset: parser.problem_offset) : Self.place(parser.problem_mark)
        return problem(place, "This is not valid YAML: \(reason)\(context).")
    }

    private static func place(_ mark: yaml_mark_t) -> DocumentNode.Place {
        DocumentNode.Place(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }

    private static func string(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(decodingCString: $0, as: UTF8.self) }
    }

    /// YAML's own tags (`tag:yaml.org,2002:str`) and `!` say nothing that matters here.
    private static func localTag(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        guard let tag = string(pointer), tag.hasPrefix("!"), tag.count > 1 else { return nil }
        return tag
    }
}

extension DocumentNode {
    /// How many nodes there are, itself and everything below it, and over how many levels.
    fileprivate var extent: (size: Int, height: Int) {
        let below: [DocumentNode]
        switch content {
        case .scalar: below = []
        case .sequence(let elements): below = elements
        case .mapping(let members): below = members.map(\.value)
        }
        return below.map(\.extent).reduce((size: 1, height: 1)) { total, part in
            (total.size + part.size, max(total.height, part.height + 1))
        }
    }
}
