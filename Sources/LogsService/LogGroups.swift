import AWSWire
import ByteCoding
import EventModel
import EventStore

// MARK: - CreateLogGroup, DeleteLogGroup, DescribeLogGroups

extension LogsService {
    func createLogGroup(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let name = try groupName(arguments)
        try arguments.refuse(["kmsKeyId"], of: call.operation)
        if try arguments.bool("deletionProtectionEnabled") == true {
            throw .notSupported(parameter: "deletionProtectionEnabled", operation: call.operation)
        }
        if let kind = try arguments.string("logGroupClass"), kind != "STANDARD" {
            var constraints = Constraints()
            if kind != "INFREQUENT_ACCESS", kind != "DELIVERY" {
                constraints.note(
                    kind, at: "logGroupClass",
                    "Member must satisfy enum value set: [STANDARD, INFREQUENT_ACCESS, DELIVERY]")
            }
            try constraints.check()
            throw .notSupported("Millrace does not support log groups of the class \(kind) yet.")
        }
        let tags = try LogTags.checked(arguments, isRequired: false)
        let location = call.location
        change(call) { writer throws(StoreError) in
            try writer.createLogGroup(named: name, in: location, tags: tags)
        }
    }

    func deleteLogGroup(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let name = try groupName(arguments)
        let location = call.location
        change(call) { writer throws(StoreError) in
            try writer.deleteLogGroup(named: name, in: location)
        }
    }

    func describeLogGroups(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let prefix = try arguments.string("logGroupNamePrefix")
        let pattern = try arguments.string("logGroupNamePattern")
        let limit = try arguments.int("limit")
        var constraints = Constraints()
        constraints.groupName(prefix, at: "logGroupNamePrefix")
        constraints.groupName(pattern, at: "logGroupNamePattern")
        constraints.range(limit, at: "limit", 1...LogsLimits.listed)
        try constraints.check()
        if prefix != nil, pattern != nil {
            throw .invalid(
                "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
        }
        try arguments.refuse(["accountIdentifiers", "logGroupIdentifiers"], of: call.operation)
        if try arguments.bool("includeLinkedAccounts") == true {
            throw .notSupported(parameter: "includeLinkedAccounts", operation: call.operation)
        }
        let kind = try arguments.string("logGroupClass") ?? "STANDARD"
        let start = try ListToken.read(try arguments.string("nextToken"), of: .groups)
        let count = limit ?? LogsLimits.listed
        let lowered = pattern?.lowercased()
        let found = try read { reader throws(StoreError) in
            try reader.logGroups(in: call.location, after: start?.name ?? "", limit: count + 1) { name in
                if kind != "STANDARD" { return false }
                if let prefix { return name.hasPrefix(prefix) }
                return lowered.map { name.lowercased().contains($0) } ?? true
            }
        }
        let page = found.prefix(count)
        var json = JSONWriter()
        json.beginObject()
        json.key("logGroups")
        json.beginArray()
        for group in page { json.write(group) }
        json.endArray()
        if found.count > count, let last = page.last {
            json.key("nextToken")
            json.value(ListToken(list: .groups, milliseconds: 0, name: last.name).text)
        }
        json.endObject()
        call.succeed(json: json.bytes)
    }
}

// MARK: - PutRetentionPolicy, DeleteRetentionPolicy

extension LogsService {
    func putRetentionPolicy(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let name = try groupName(arguments)
        let days = try arguments.int("retentionInDays")
        var constraints = Constraints()
        constraints.required(days != nil, "retentionInDays")
        if let days, !LogsLimits.retentionDays.contains(days) {
            let allowed = LogsLimits.retentionDays.map(String.init).joined(separator: ", ")
            constraints.note(
                "\(days)", at: "retentionInDays", "Member must satisfy enum value set: [\(allowed)]")
        }
        try constraints.check()
        let location = call.location
        change(call) { writer throws(StoreError) in
            try writer.setLogRetention(days, ofGroupNamed: name, in: location)
        }
    }

    func deleteRetentionPolicy(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let name = try groupName(arguments)
        let location = call.location
        change(call) { writer throws(StoreError) in
            try writer.setLogRetention(nil, ofGroupNamed: name, in: location)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ group: LogGroup) {
        beginObject()
        key("logGroupName")
        value(group.name)
        key("creationTime")
        value(group.createdAt.millisecondsSinceEpoch)
        if let days = group.retentionDays {
            key("retentionInDays")
            value(days)
        }
        key("metricFilterCount")
        value(0)
        key("arn")
        value("\(group.arn):*")
        key("storedBytes")
        value(group.storedBytes)
        key("logGroupClass")
        value("STANDARD")
        key("logGroupArn")
        value(group.arn.description)
        endObject()
    }
}
