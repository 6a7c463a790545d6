import AWSWire
import ByteCoding
import EventModel
import EventStore
import HTTP

extension DynamoDBService {
    func updateTimeToLive(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let name = try TableName(arguments.string("TableName"), of: call)
        guard let specification = try arguments.object("TimeToLiveSpecification") else {
            throw .nullMember("timeToLiveSpecification")
        }
        guard let attribute = try specification.string("AttributeName") else {
            throw .nullMember("timeToLiveSpecification.attributeName")
        }
        guard (1...255).contains(attribute.utf8.count) else {
            let bound = attribute.isEmpty ? "greater than or equal to 1" : "less than or equal to 255"
            throw .constraint(
                attribute, "timeToLiveSpecification.attributeName", "Member must have length \(bound)")
        }
        guard let isEnabled = try specification.bool("Enabled") else {
            throw .nullMember("timeToLiveSpecification.enabled")
        }
        write(call) { writer throws(StoreError) in
            guard var table = writer.catalog.table(named: name.name, in: name.location) else {
                return .failure(.tableNotFound(name.name))
            }
            switch table.timeToLiveAttribute {
            case attribute where isEnabled:
                return .failure(.validation("TimeToLive is already enabled"))
            case let current? where current != attribute:
                return .failure(
                    .validation(
                        "TimeToLive is active on a different AttributeName: current AttributeName is "
                            + current))
            case nil where !isEnabled:
                return .failure(.validation("TimeToLive is already disabled"))
            case .some, nil: break
            }
            table.timeToLiveAttribute = isEnabled ? attribute : nil
            _ = try writer.updateTable(table)
            var json = JSONWriter()
            json.beginObject()
            json.key("TimeToLiveSpecification")
            json.beginObject()
            json.key("Enabled")
            json.value(isEnabled)
            json.key("AttributeName")
            json.value(attribute)
            json.endObject()
            json.endObject()
            return .success(json.bytes)
        } committed: { [loop, expiry] in
            loop.execute { expiry.start() }
        }
    }

    func describeTimeToLive(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let name = try TableName(arguments.string("TableName"), of: call)
        guard let table = store.catalog.table(named: name.name, in: name.location) else {
            throw .tableNotFound(name.name)
        }
        var json = JSONWriter()
        json.beginObject()
        json.key("TimeToLiveDescription")
        json.beginObject()
        json.key("TimeToLiveStatus")
        json.value(table.timeToLiveAttribute == nil ? "DISABLED" : "ENABLED")
        if let attribute = table.timeToLiveAttribute {
            json.key("AttributeName")
            json.value(attribute)
        }
        json.endObject()
        json.endObject()
        call.succeed(json: json.bytes)
    }
}
