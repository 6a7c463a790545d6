package import ByteCoding

/// The members of a JSON request of the control plane, read by name with their types checked.
///
/// `null` counts as absent. Members that no operation knows are ignored, as AWS ignores them.
package struct CallArguments: Sendable {
    package let members: JSONObject

    /// - Throws: `SerializationException` when the body is no JSON object. An empty body is an empty object.
    package init(parsing body: [UInt8]) throws(AWSError) {
        guard !body.isEmpty else {
            members = JSONObject()
            return
        }
        do throws(JSONError) {
            guard let object = try JSONValue(parsing: body).objectValue else {
                throw JSONError(offset: 0, reason: "the body is not an object")
            }
            members = object
        } catch {
            throw .serialization(error.description)
        }
    }

    package init(_ members: JSONObject) { self.members = members }

    package subscript(_ name: String) -> JSONValue? {
        guard let value = members[name], !value.isNull else { return nil }
        return value
    }

    package func string(_ name: String) throws(AWSError) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.stringValue else { throw Self.wrongType(name, "String") }
        return text
    }

    package func int(_ name: String) throws(AWSError) -> Int? {
        guard let value = self[name] else { return nil }
        guard let number = value.intValue else { throw Self.wrongType(name, "Integer") }
        return number
    }

    package func double(_ name: String) throws(AWSError) -> Double? {
        guard let value = self[name] else { return nil }
        guard let number = value.doubleValue else { throw Self.wrongType(name, "Double") }
        return number
    }

    package func bool(_ name: String) throws(AWSError) -> Bool? {
        guard let value = self[name] else { return nil }
        guard let flag = value.boolValue else { throw Self.wrongType(name, "Boolean") }
        return flag
    }

    package func object(_ name: String) throws(AWSError) -> CallArguments? {
        guard let value = self[name] else { return nil }
        guard let object = value.objectValue else { throw Self.wrongType(name, "Map") }
        return CallArguments(object)
    }

    package func array(_ name: String) throws(AWSError) -> [JSONValue]? {
        guard let value = self[name] else { return nil }
        guard let list = value.arrayValue else { throw Self.wrongType(name, "List") }
        return list
    }

    package func strings(_ name: String) throws(AWSError) -> [String]? {
        guard let list = try array(name) else { return nil }
        var texts: [String] = []
        for element in list {
            guard let text = element.stringValue else { throw Self.wrongType(name, "List of String") }
            texts.append(text)
        }
        return texts
    }

    /// An object whose values are all strings: attributes, tags.
    package func stringMap(_ name: String) throws(AWSError) -> [(key: String, value: String)]? {
        guard let object = try object(name) else { return nil }
        var pairs: [(key: String, value: String)] = []
        for member in object.members {
            guard let text = member.value.stringValue else { throw Self.wrongType(name, "Map of String") }
            pairs.append((member.key, text))
        }
        return pairs
    }

    /// Refuses members that would change what the operation does and that nothing here acts on.
    package func refuse(_ names: [String], of operation: String) throws(AWSError) {
        for name in names where self[name] != nil {
            throw .notSupported(parameter: name, operation: operation)
        }
    }

    private static func wrongType(_ name: String, _ type: String) -> AWSError {
        .serialization("The value of \(name) can not be converted to \(type)")
    }
}
