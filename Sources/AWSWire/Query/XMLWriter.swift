import HTTP

/// Writes XML elements without attributes: answers of the Query protocol.
package struct XMLWriter {
    package private(set) var text = ""

    package init() {}

    package mutating func element(_ name: String, _ value: String) {
        text += "<\(name)>\(XMLText.readable(value))</\(name)>"
    }

    /// Writes nothing for `nil`.
    package mutating func element(_ name: String, optional value: String?) {
        if let value { element(name, value) }
    }

    package mutating func element(_ name: String, _ value: Bool) { element(name, value ? "true" : "false") }

    package mutating func element(_ name: String, _ value: Int) { element(name, String(value)) }

    package mutating func element(_ name: String, _ content: (inout XMLWriter) -> Void) {
        text += "<\(name)>"
        content(&self)
        text += "</\(name)>"
    }

    /// `<Name/>` where there is no content.
    mutating func element(_ name: String, raw content: XMLWriter) {
        text += content.text.isEmpty ? "<\(name)/>" : "<\(name)>\(content.text)</\(name)>"
    }

    /// A list as the Query protocol has it: `<Name><member>…</member></Name>`.
    package mutating func list<Element>(
        _ name: String, _ elements: some Sequence<Element>, _ member: (Element, inout XMLWriter) -> Void
    ) {
        element(name) { xml in
            for element in elements { xml.element("member") { member(element, &$0) } }
        }
    }

    /// A list of texts.
    package mutating func list(_ name: String, _ elements: some Sequence<String>) {
        element(name) { xml in
            for element in elements { xml.element("member", element) }
        }
    }
}

extension ServiceCall {
    /// Answers a call of the Query protocol: `<OperationResponse>` with `<OperationResult>` when there is one.
    package func succeed(query result: ((inout XMLWriter) -> Void)?) {
        guard case .query(let namespace, _) = service.errorForm else {
            preconditionFailure("\(service.displayName) does not speak the Query protocol")
        }
        var xml = XMLWriter()
        if let result { xml.element("\(operation)Result", result) }
        xml.element("ResponseMetadata") { $0.element("RequestId", requestID) }
        let text = "<\(operation)Response xmlns=\"\(namespace)\">\(xml.text)</\(operation)Response>"
        succeed(body: .bytes(Array(text.utf8)))
    }
}
