import AWSWire
import EventModel
import HTTP

extension ServiceCall {
    /// Answers in S3's form.
    ///
    /// - Parameter headLength: The length that the answer to a HEAD request tells.
    func answer(
        status: Int = 200, _ headers: [(String, String)] = [], body: [UInt8] = [], headLength: Int? = nil
    ) {
        var response = HTTPResponse(
            status: status,
            headers: [("x-amz-request-id", requestID), ("x-amz-id-2", requestID)] + headers,
            body: .bytes(body))
        response.headLength = headLength
        responder.respond(response)
    }

    func answer(_ xml: XMLText.Document, _ headers: [(String, String)] = []) {
        answer(headers + [("Content-Type", "application/xml")], body: xml.bytes)
    }
}

extension XMLText {
    /// A document in the making: elements with texts, in order.
    struct Document {
        private var text: String
        private let root: String

        init(_ root: String) {
            self.root = root
            text = """
                <?xml version="1.0" encoding="UTF-8"?>
                <\(root) xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
                """
        }

        var bytes: [UInt8] { Array("\(text)</\(root)>".utf8) }

        mutating func add(_ name: String, _ value: String) {
            text += "<\(name)>\(XMLText.escaped(value))</\(name)>"
        }

        mutating func add(_ name: String, _ value: Int) { add(name, String(value)) }
        mutating func add(_ name: String, _ value: Bool) { add(name, value ? "true" : "false") }

        /// Nothing for `nil`.
        mutating func add(_ name: String, optional value: String?) {
            if let value { add(name, value) }
        }

        mutating func add(_ name: String, _ fill: (inout Document) -> Void) {
            text += "<\(name)>"
            fill(&self)
            text += "</\(name)>"
        }

        /// The root's text, for documents that are one value.
        mutating func set(_ value: String) { text += XMLText.escaped(value) }
    }
}

/// Dates of HTTP headers and of signatures.
enum RequestDate {
    private static let days: [String] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months: [String] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7). For moments after 1970.
    static func text(_ moment: Timestamp) -> String {
        let (year, month, day) = moment.civilDate
        let weekday = Int(moment.millisecondsSinceEpoch / 86_400_000 % 7)
        let time = moment.dateAndTime(separator: "T").split(separator: "T").last ?? "00:00:00"
        let dayText = day < 10 ? "0\(day)" : "\(day)"
        return "\(days[max(0, weekday)]), \(dayText) \(months[month - 1]) \(year) \(time) GMT"
    }

    /// The moment of a text like that of `text`; `nil` for every other form, as RFC 9110 §13.1.3 has it.
    static func httpMoment(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else {
            return nil
        }
        let clock = parts[4].split(separator: ":")
        guard clock.count == 3 else { return nil }
        func two(_ number: some StringProtocol) -> String { number.count == 1 ? "0\(number)" : "\(number)" }
        return moment("\(parts[3])\(two(String(month + 1)))\(two(parts[1]))T\(clock.joined())Z")
    }

    /// The moment of `20240131T235959Z`.
    static func moment(_ text: String) -> Timestamp? { SignatureTime.moment(of: text) }
}
