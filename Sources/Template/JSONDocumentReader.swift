import ByteCoding

/// Builds a tree from JSON text. Stricter than YAML's reading of the same text: no comments, no trailing commas.
struct JSONDocumentReader {
    private let file: String
    private let lines: LineIndex
    private var reader: JSONReader
    private var nodeCount = 0

    init(bytes: [UInt8], file: String) {
        self.file = file
        lines = LineIndex(bytes)
        reader = JSONReader(bytes)
    }

    mutating func document() throws(TemplateProblem) -> DocumentNode {
        do {
            let root = try node()
            try attempt { reader throws(JSONError) in try reader.end() }
            return root
        } catch {
            switch error {
            case .syntax(let cause):
                throw problem(lines.place(ofOffset: cause.offset), "This is not valid JSON: \(cause.reason).")
            case .content(let cause): throw cause
            }
        }
    }

    private enum Failure: Error {
        case syntax(JSONError)
        case content(TemplateProblem)
    }

    private mutating func node() throws(Failure) -> DocumentNode {
        nodeCount += 1
        let kind = try attempt { reader throws(JSONError) in try reader.peek() }
        let place = lines.place(ofOffset: reader.position)
        guard nodeCount <= DocumentReader.Limits.nodes else {
            throw .content(
                problem(place, "The document holds more than \(DocumentReader.Limits.nodes) values."))
        }
        return DocumentNode(place: place, content: try content(kind))
    }

    private mutating func content(_ kind: JSONKind) throws(Failure) -> DocumentNode.Content {
        switch kind {
        case .object: return .mapping(try members())
        case .array: return .sequence(try elements())
        case .string:
            return .scalar(try attempt { reader throws(JSONError) in try reader.string() }, isPlain: false)
        case .number:
            return .scalar(try attempt { reader throws(JSONError) in try reader.number() }, isPlain: true)
        case .bool:
            let flag = try attempt { reader throws(JSONError) in try reader.bool() }
            return .scalar(flag ? "true" : "false", isPlain: true)
        case .null:
            try attempt { reader throws(JSONError) in try reader.null() }
            return .scalar("null", isPlain: true)
        }
    }

    private mutating func members() throws(Failure) -> [DocumentNode.Member] {
        try attempt { reader throws(JSONError) in try reader.beginObject() }
        var members: [DocumentNode.Member] = []
        var keys: Set<String> = []
        var start = reader.position
        while let key = try attempt({ reader throws(JSONError) in try reader.nextKey() }) {
            // Between the end of the last value and the key there are only commas and white space.
            let offset = reader.bytes[start...].firstIndex(of: UInt8(ascii: "\"")) ?? start
            let place = lines.place(ofOffset: offset)
            guard keys.insert(key).inserted else {
                throw .content(problem(place, "The key '\(key)' stands here a second time."))
            }
            members.append(.init(key: key, keyPlace: place, value: try node()))
            start = reader.position
        }
        return members
    }

    private mutating func elements() throws(Failure) -> [DocumentNode] {
        try attempt { reader throws(JSONError) in try reader.beginArray() }
        var elements: [DocumentNode] = []
        while try attempt({ reader throws(JSONError) in try reader.nextElement() }) {
            elements.append(try node())
        }
        return elements
    }

    private mutating func attempt<Result>(
        _ step: (inout JSONReader) throws(JSONError) -> Result
    ) throws(Failure) -> Result {
        do { return try step(&reader) } catch { throw .syntax(error) }
    }

    private func problem(_ place: DocumentNode.Place, _ message: String) -> TemplateProblem {
        TemplateProblem(file: file, line: place.line, column: place.column, message: message)
    }
}

/// Finds line and column of a byte.
struct LineIndex {
    /// Where each line starts.
    private let starts: [Int]

    init(_ bytes: [UInt8]) {
        let breaks = bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }
        starts = [0] + breaks.map { $0 + 1 }
    }

    func place(ofOffset offset: Int) -> DocumentNode.Place {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return DocumentNode.Place(line: low + 1, column: offset - starts[low] + 1)
    }
}
