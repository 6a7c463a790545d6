package import ByteCoding

/// Turns the JSON that answers a call into the XML of the Query protocol.
package struct JSONToQuery: Sendable {
    let operation: QueryOperation
    let namespace: String
    let requestID: String

    package init(_ operation: QueryOperation, namespace: String, requestID: String) {
        self.operation = operation
        self.namespace = namespace
        self.requestID = requestID
    }

    /// The whole document.
    ///
    /// - Parameter json: An object, or nothing for an operation without a result.
    /// - Throws: for JSON that is wrong, which would be a bug of the handler.
    package func document(_ json: [UInt8]) throws(JSONError) -> [UInt8] {
        let answer = json.isEmpty ? JSONValue.object(JSONObject()) : try JSONValue(parsing: json)
        var xml = XMLWriter()
        if let output = operation.output {
            var result = XMLWriter()
            Self.write(answer, as: output, to: &result)
            xml.element("\(operation.name)Result", raw: result)
        }
        xml.element("ResponseMetadata") { $0.element("RequestId", requestID) }
        let name = "\(operation.name)Response"
        return Array("<\(name) xmlns=\"\(namespace)\">\(xml.text)</\(name)>".utf8)
    }

    /// What the table does not know is left out, as SDKs of that protocol do not know it either.
    private static func write(_ value: JSONValue, as members: [QueryMember], to xml: inout XMLWriter) {
        for member in members {
            guard let content = value[member.json], !content.isNull else { continue }
            write(content, named: member.wire, as: member.shape, to: &xml)
        }
    }

    private static func write(
        _ value: JSONValue, named name: String, as shape: QueryShape, to xml: inout XMLWriter
    ) {
        switch shape {
        case .text, .integer, .blob: xml.element(name, value.stringValue ?? value.text)
        case .list(let element):
            for content in value.arrayValue ?? [] { write(content, named: name, as: element, to: &xml) }
        case .map(let key, let valueName, let content):
            for member in value.objectValue?.members ?? [] {
                xml.element(name) { xml in
                    xml.element(key, member.key)
                    write(member.value, named: valueName, as: content, to: &xml)
                }
            }
        case .structure(let members):
            xml.element(name) { xml in write(value, as: members, to: &xml) }
        }
    }
}
