import AWSWire
import ByteCoding
import EventModel
import EventStore

extension DynamoDBService {
    func updateTable(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let name = try TableName(arguments.string("TableName"), of: call)
        try TableRequest.refuse(
            [
                "GlobalSecondaryIndexUpdates", "ReplicaUpdates", "OnDemandThroughput", "WarmThroughput",
                "MultiRegionConsistency", "GlobalTableWitnessUpdates", "GlobalTableSettingsReplicationMode",
            ], arguments, call)
        let change = try TableChange(arguments)
        guard !change.isEmpty else {
            throw .validation(
                "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
                    + "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required")
        }
        write(call) { writer throws(StoreError) in
            guard var table = writer.catalog.table(named: name.name, in: name.location) else {
                return .failure(.tableNotFound(name.name))
            }
            if let refusal = change.refusal(table, writer.catalog) { return .failure(refusal) }
            change.apply(to: &table)
            _ = try writer.updateTable(table)
            switch change.stream {
            case .on(let view): _ = try writer.enableStream(of: table.key, view: view)
            case .off: _ = try writer.disableStream(of: table.key)
            case nil: break
            }
            let updated = writer.catalog.table(table.key) ?? table
            return .success(
                TableDescription(updated, .updating, writer.catalog).answer("TableDescription"))
        }
    }
}

/// What an update asks for.
private struct TableChange: Sendable {
    let stream: TableRequest.Stream?
    let isOnDemand: Bool?
    let read: Int?
    let write: Int?
    let isDeletionProtected: Bool?

    init(_ arguments: CallArguments) throws(AWSError) {
        stream = try TableRequest.stream(arguments)
        isOnDemand = try TableRequest.isOnDemand(arguments)
        let throughput = try TableRequest.throughput(arguments)
        read = throughput?.read
        write = throughput?.write
        isDeletionProtected = try arguments.bool("DeletionProtectionEnabled")
    }

    var isEmpty: Bool {
        stream == nil && isOnDemand == nil && read == nil && isDeletionProtected == nil
    }

    /// Why the table cannot be changed so; `nil` when it can.
    func refusal(_ table: TableDefinition, _ catalog: CatalogSnapshot) -> AWSError? {
        let isStreaming = table.latestStream.flatMap { catalog.stream($0) }?.isEnabled ?? false
        switch stream {
        case .on where isStreaming:
            return AWSError(
                "ResourceInUseException", "Table already has an enabled stream: TableName: \(table.name)")
        case .off where !isStreaming:
            return .validation("Table has no stream to disable: TableName: \(table.name)")
        case .on, .off, nil: break
        }
        if isOnDemand ?? table.isOnDemand {
            guard read == nil else {
                return .invalid(
                    "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
                        + "PAY_PER_REQUEST")
            }
        } else if table.isOnDemand, read == nil {
            return .invalid(
                "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
            )
        }
        return nil
    }

    func apply(to table: inout TableDefinition) {
        table.isOnDemand = isOnDemand ?? table.isOnDemand
        table.readCapacityUnits = read ?? table.readCapacityUnits
        table.writeCapacityUnits = write ?? table.writeCapacityUnits
        table.isDeletionProtected = isDeletionProtected ?? table.isDeletionProtected
    }
}
