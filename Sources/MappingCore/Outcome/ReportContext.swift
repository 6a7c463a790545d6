import ByteCoding

/// What reports on batches of all sources say of a request and of the function's answer.
struct ReportContext {
    let requestID: String
    let functionARN: String
    let condition: String
    let approximateInvokeCount: Int
    let responseContext: ResponseContext
    let executedVersion: String

    func writeRequest(to json: inout JSONWriter) {
        json.key("requestContext")
        json.beginObject()
        json.key("requestId")
        json.value(requestID)
        json.key("functionArn")
        json.value(functionARN)
        json.key("condition")
        json.value(condition)
        json.key("approximateInvokeCount")
        json.value(approximateInvokeCount)
        json.endObject()
    }

    func writeResponse(to json: inout JSONWriter) {
        guard responseContext != .absent else { return }
        json.key("responseContext")
        json.beginObject()
        json.key("statusCode")
        json.value(200)
        json.key("executedVersion")
        json.value(executedVersion)
        switch responseContext {
        case .unhandled:
            json.key("functionError")
            json.value("Unhandled")
        case .noFunctionError:
            json.key("functionError")
            json.null()
        case .absent, .succeeded: break
        }
        json.endObject()
    }

    /// An answer that is no JSON is kept as a text.
    static func write(answer: [UInt8], to json: inout JSONWriter) {
        json.key("responsePayload")
        var reader = JSONReader(answer)
        do throws(JSONError) {
            _ = try reader.skipValue()
            try reader.end()
            json.raw(answer)
        } catch {
            json.value(String(decoding: answer, as: UTF8.self))
        }
    }
}
