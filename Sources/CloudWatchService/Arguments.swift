import AWSWire
import ByteCoding
import EventModel

/// The members of a request, of whatever protocol, read by name with their types checked.
struct Arguments {
    private let members: JSONObject
    /// Numbers and flags are texts (Query protocol).
    private let isText: Bool
    /// What stands before the names in messages: `MetricData.member.1.`.
    let path: String

    private init(_ members: JSONObject, isText: Bool, path: String) {
        self.members = members
        self.isText = isText
        self.path = path
    }

    init(_ call: ServiceCall, isQuery: Bool) throws(AWSError) {
        guard isQuery else {
            self.init(try CallArguments(parsing: call.body).members, isText: false, path: "")
            return
        }
        guard let tree = QueryTree(call.parameters)?.value.objectValue else {
            throw AWSError("MalformedInput", "The parameters nest too deeply.")
        }
        self.init(tree, isText: true, path: "")
    }

    private subscript(_ name: String) -> JSONValue? {
        guard let value = members[name], !value.isNull else { return nil }
        return value
    }

    func has(_ name: String) -> Bool { self[name] != nil }

    /// Refuses members that would change what the operation does and that nothing here acts on.
    func refuse(_ names: [String], of operation: String) throws(AWSError) {
        for name in names where has(name) {
            throw .notSupported(parameter: path + name, operation: operation)
        }
    }
}

// MARK: - Values

extension Arguments {
    func string(_ name: String) throws(AWSError) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.stringValue else { throw wrongType(name, "String") }
        return text
    }

    func required(_ name: String) throws(AWSError) -> String {
        guard let text = try string(name) else { throw .missing(path + name) }
        return text
    }

    func int(_ name: String) throws(AWSError) -> Int? {
        guard let value = self[name] else { return nil }
        let number = isText ? value.stringValue.flatMap { Int($0) } : value.intValue
        guard let number else { throw wrongType(name, "Integer") }
        return number
    }

    func bool(_ name: String) throws(AWSError) -> Bool? {
        guard let value = self[name] else { return nil }
        guard isText else {
            guard let flag = value.boolValue else { throw wrongType(name, "Boolean") }
            return flag
        }
        switch value.stringValue {
        case "true": return true
        case "false": return false
        default: throw wrongType(name, "Boolean")
        }
    }

    func double(_ name: String) throws(AWSError) -> Double? {
        try self[name].map { value throws(AWSError) in try double(value, name) }
    }

    private func double(_ value: JSONValue, _ name: String) throws(AWSError) -> Double {
        // RPC v2 knows numbers that JSON writes as texts: NaN and the infinities.
        let number = value.stringValue.flatMap { Double($0) } ?? (isText ? nil : value.doubleValue)
        guard let number else { throw wrongType(name, "Double") }
        return number
    }

    /// Seconds since 1970, or in the Query protocol ISO 8601.
    func moment(_ name: String) throws(AWSError) -> Timestamp? {
        guard let value = self[name] else { return nil }
        if let text = value.stringValue {
            guard let moment = MomentText.moment(text) else { throw wrongType(name, "Timestamp") }
            return moment
        }
        guard let seconds = value.doubleValue, seconds.magnitude < 1e12 else {
            throw wrongType(name, "Timestamp")
        }
        return Timestamp(millisecondsSinceEpoch: Int64((seconds * 1_000).rounded()))
    }

    func requiredMoment(_ name: String) throws(AWSError) -> Timestamp {
        guard let moment = try moment(name) else { throw .missing(path + name) }
        return moment
    }

    func object(_ name: String) throws(AWSError) -> Arguments? {
        guard let value = self[name] else { return nil }
        guard let object = value.objectValue else { throw wrongType(name, "Map") }
        return Arguments(object, isText: isText, path: "\(path)\(name).")
    }

    func objects(_ name: String) throws(AWSError) -> [Arguments]? {
        var objects: [Arguments] = []
        guard let list = try list(name) else { return nil }
        for (index, element) in list.enumerated() {
            guard let object = element.objectValue else { throw wrongType(name, "List of Map") }
            objects.append(
                Arguments(object, isText: isText, path: "\(path)\(name).member.\(index + 1)."))
        }
        return objects
    }

    func strings(_ name: String) throws(AWSError) -> [String]? {
        guard let list = try list(name) else { return nil }
        var texts: [String] = []
        for element in list {
            guard let text = element.stringValue else { throw wrongType(name, "List of String") }
            texts.append(text)
        }
        return texts
    }

    func doubles(_ name: String) throws(AWSError) -> [Double]? {
        guard let list = try list(name) else { return nil }
        var numbers: [Double] = []
        for element in list { numbers.append(try double(element, name)) }
        return numbers
    }

    private func list(_ name: String) throws(AWSError) -> [JSONValue]? {
        guard let value = self[name] else { return nil }
        // An empty list of the Query protocol is `Name=`.
        if isText, value.stringValue == "" { return [] }
        guard let list = value.arrayValue else { throw wrongType(name, "List") }
        return list
    }

    private func wrongType(_ name: String, _ type: String) -> AWSError {
        let message = "The value of \(path)\(name) can not be converted to \(type)"
        return isText ? AWSError("MalformedInput", message) : .serialization(message)
    }
}

/// Moments as the Query protocol writes them.
enum MomentText {
    /// `2024-01-31T23:59:59Z`, with a fraction, with an offset (`+01:00`), or with neither; also seconds since 1970.
    static func moment(_ text: String) -> Timestamp? {
        if let seconds = Double(text), seconds.magnitude < 1e12 {
            return Timestamp(millisecondsSinceEpoch: Int64((seconds * 1_000).rounded()))
        }
        let bytes = Array(text.utf8)
        guard bytes.count >= 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]),
            let day = number(bytes[8..<10]),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        var seconds = days(year: year, month: month, day: day) * 86_400
        guard bytes.count > 10 else { return Timestamp(millisecondsSinceEpoch: Int64(seconds) * 1_000) }
        guard bytes.count >= 19, bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " "),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]),
            let second = number(bytes[17..<19]), hour < 24, minute < 60, second < 61
        else { return nil }
        seconds += hour * 3_600 + minute * 60 + second
        var rest = bytes[19...]
        var milliseconds = 0
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard !digits.isEmpty, let value = number((digits.prefix(3) + [48, 48, 48]).prefix(3)) else {
                return nil
            }
            milliseconds = value
            rest = rest.dropFirst(1 + digits.count)
        }
        guard let offset = offset(rest) else { return nil }
        return Timestamp(millisecondsSinceEpoch: Int64(seconds - offset) * 1_000 + Int64(milliseconds))
    }

    /// Seconds ahead of UTC.
    private static func offset(_ text: ArraySlice<UInt8>) -> Int? {
        if text.isEmpty || text.elementsEqual("Z".utf8) { return 0 }
        let digits = text.dropFirst().filter { $0 != UInt8(ascii: ":") }
        guard let sign = text.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            digits.count == 4, let hours = number(digits[0..<2]), let minutes = number(digits[2..<4])
        else { return nil }
        let length = hours * 3_600 + minutes * 60
        return sign == UInt8(ascii: "-") ? -length : length
    }

    private static func number(_ digits: some Collection<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }

    /// Days since 1970-01-01; the year is counted from March, so that its leap day is the last.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }
}
