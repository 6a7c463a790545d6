import ByteCoding
package import HTTP

// MARK: - An error on the wire

extension WireService {
    package func response(to error: AWSError, requestID: String) -> HTTPResponse {
        var headers: [(String, String)] = [("x-amzn-RequestId", requestID), ("Content-Type", contentType)]
        let body: [UInt8]
        switch errorForm {
        case .json(let namespace, let isQueryCompatible):
            if isQueryCompatible {
                let fault = error.isSenderFault ? "Sender" : "Receiver"
                headers.append(("x-amzn-query-error", "\(error.code);\(fault)"))
            }
            body = Self.jsonBody(of: error, namespace: error.namespace ?? namespace)
        case .rest:
            headers.append(("x-amzn-ErrorType", error.shape))
            body = Self.restBody(of: error)
        case .query(let namespace, let hasDetail):
            body = Self.queryBody(
                of: error, namespace: namespace, hasDetail: hasDetail, requestID: requestID)
        case .storage:
            headers = [("x-amz-request-id", requestID), ("x-amz-id-2", requestID)]
            // "Not modified" is no error to a client, and has no body.
            if error.status != 304 { headers.append(("Content-Type", contentType)) }
            body = error.status == 304 ? [] : Self.storageBody(of: error, requestID: requestID)
        }
        return HTTPResponse(status: error.status, headers: headers, body: .bytes(body))
    }

    private static func jsonBody(of error: AWSError, namespace: String) -> [UInt8] {
        var json = JSONWriter(capacity: 128 + error.message.utf8.count)
        json.beginObject()
        json.key("__type")
        json.value(namespace + error.shape)
        json.key("message")
        json.value(error.message)
        for detail in error.details {
            json.key(escaping: detail.name)
            json.raw(detail.json)
        }
        json.endObject()
        return json.bytes
    }

    /// `Message` with a capital for the three recorded exceptions; `ValidationException` has no `Type` (esm-api.md §1).
    private static func restBody(of error: AWSError) -> [UInt8] {
        let capital: [String] = ["ResourceNotFoundException", "ServiceException", "ResourceInUseException"]
        var json = JSONWriter(capacity: 64 + error.message.utf8.count)
        json.beginObject()
        if error.shape != "ValidationException" {
            json.key("Type")
            json.value(error.isSenderFault ? "User" : "Service")
        }
        if capital.contains(error.shape) { json.key("Message") } else { json.key("message") }
        json.value(error.message)
        json.endObject()
        return json.bytes
    }

    private static func queryBody(
        of error: AWSError, namespace: String, hasDetail: Bool, requestID: String
    ) -> [UInt8] {
        let message = XMLText.readable(error.queryMessage ?? error.message)
        let detail = hasDetail ? "<Detail/>" : ""
        let fault = error.isSenderFault ? "Sender" : "Receiver"
        let text = """
            <ErrorResponse xmlns="\(namespace)"><Error><Type>\(fault)</Type>\
            <Code>\(XMLText.escaped(error.code))</Code><Message>\(message)</Message>\(detail)</Error>\
            <RequestId>\(requestID)</RequestId></ErrorResponse>
            """
        return Array(text.utf8)
    }

    /// Details are texts here; anything else is written as the JSON that it is.
    private static func storageBody(of error: AWSError, requestID: String) -> [UInt8] {
        var text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <Error><Code>\(XMLText.escaped(error.shape))</Code>\
            <Message>\(XMLText.escaped(error.message))</Message>
            """
        for detail in error.details {
            // A detail that is no text is not read, but shown.
            let value = (try? JSONValue(parsing: detail.json))?.stringValue
            let shown = value ?? String(decoding: detail.json, as: UTF8.self)
            text += "<\(detail.name)>\(XMLText.escaped(shown))</\(detail.name)>"
        }
        return Array((text + "<RequestId>\(requestID)</RequestId><HostId>\(requestID)</HostId></Error>").utf8)
    }
}

/// Text inside XML elements.
package enum XMLText {
    /// Escaped, and with U+FFFD for what XML 1.0 has no way to write: a parser would refuse the whole answer.
    package static func readable(_ text: String) -> String {
        guard !UTF8Text.isAllowedInMessages(text.utf8.span) else { return escaped(text) }
        var result = ""
        for character in text.unicodeScalars {
            switch character.value {
            case 0x9, 0xA, 0xD, 0x20...0xFFFD, 0x10000...0x10FFFF:
                result.unicodeScalars.append(character)
            default: result.unicodeScalars.append("\u{FFFD}")
            }
        }
        return escaped(result)
    }

    package static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: isSpecial) else { return text }
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\r": result += "&#xD;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "\r"):
            true
        default: false
        }
    }
}
