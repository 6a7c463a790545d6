import ByteCoding
package import EventModel
import SQLite

// MARK: - Functions

extension StoreWriter {
    /// Creates a function or replaces its `$LATEST`; versions, aliases and the rest of it stay.
    package func putFunction(_ definition: FunctionDefinition) throws(StoreError) {
        try run(
            "INSERT OR REPLACE INTO function (account, region, name, definition) VALUES (?1, ?2, ?3, ?4)"
        ) { statement in
            statement.bind(1, definition.location.account)
            statement.bind(2, definition.location.region)
            statement.bind(3, definition.name)
            statement.bind(4, FunctionCodec.text(definition))
        }
        changeDefinitions {
            var family = $0.functions[definition.key] ?? FunctionFamily(latest: definition)
            family.latest = definition
            $0.functions[definition.key] = family
            $0.functionEdition += 1
        }
    }

    /// Deletes a function with all that belongs to it; mappings that name it stay.
    package func deleteFunction(_ key: FunctionKey) throws(StoreError) {
        _ = try family(key)
        try run("DELETE FROM function WHERE account = ?1 AND region = ?2 AND name = ?3") {
            Self.bind(key, to: $0)
        }
        try run("DELETE FROM function_part WHERE account = ?1 AND region = ?2 AND name = ?3") {
            Self.bind(key, to: $0)
        }
        changeDefinitions {
            $0.functions[key] = nil
            $0.functionEdition += 1
        }
    }

    package func deleteFunction(named name: String, in location: Location) throws(StoreError) {
        try deleteFunction(FunctionKey(location: location, name: name))
    }

    func family(_ key: FunctionKey) throws(StoreError) -> FunctionFamily {
        guard let family = definitions.functions[key] else { throw .notFound("Function \(key)") }
        return family
    }

    private static func bind(_ key: FunctionKey, to statement: Statement) {
        statement.bind(1, key.location.account)
        statement.bind(2, key.location.region)
        statement.bind(3, key.name)
    }
}

// MARK: - What belongs to a function

extension StoreWriter {
    /// Keeps a version for good.
    ///
    /// - Parameter definition: Its `version` is greater than that of any before.
    package func putFunctionVersion(_ definition: FunctionDefinition) throws(StoreError) {
        guard case .number(let number) = definition.version else {
            throw .conflict("$LATEST is no published version.")
        }
        let known = try family(definition.key)
        guard number > known.lastVersion else { throw .conflict("Version \(number) was given before.") }
        try putPart(
            definition.key, FunctionPart.version, String(number), FunctionCodec.text(definition))
        try putPart(definition.key, FunctionPart.counter, "", #"{"last":\#(number)}"#)
        change(definition.key) { family in
            family.versions[number] = definition
            family.lastVersion = number
        }
    }

    package func deleteFunctionVersion(_ number: Int, of key: FunctionKey) throws(StoreError) {
        try deletePart(key, FunctionPart.version, String(number))
        try deletePart(key, FunctionPart.policy, String(number))
        change(key) { family in
            family.versions[number] = nil
            family.policies[String(number)] = nil
        }
    }

    package func putAlias(_ alias: FunctionAlias, of key: FunctionKey) throws(StoreError) {
        try putPart(key, FunctionPart.alias, alias.name, FunctionPart.text(alias))
        change(key) { $0.aliases[alias.name] = alias }
    }

    package func deleteAlias(_ name: String, of key: FunctionKey) throws(StoreError) {
        try deletePart(key, FunctionPart.alias, name)
        try deletePart(key, FunctionPart.policy, name)
        change(key) { family in
            family.aliases[name] = nil
            family.policies[name] = nil
        }
    }

    /// - Parameter qualifier: Empty for the function itself.
    package func putPolicy(
        _ policy: ResourcePolicy?, of key: FunctionKey, qualifier: String
    ) throws(StoreError) {
        if let policy {
            try putPart(key, FunctionPart.policy, qualifier, FunctionPart.text(policy))
        } else {
            try deletePart(key, FunctionPart.policy, qualifier)
        }
        change(key) { $0.policies[qualifier] = policy }
    }

    package func putFunctionTags(_ tags: [String: String], of key: FunctionKey) throws(StoreError) {
        try putPart(key, FunctionPart.tags, "", JSONValue(members: [("tags", JSONValue(tags))]).text)
        change(key) { $0.tags = tags }
    }

    /// - Parameter count: `nil` takes the reservation away.
    package func putReservedConcurrency(_ count: Int?, of key: FunctionKey) throws(StoreError) {
        if let count {
            try putPart(key, FunctionPart.reserved, "", #"{"count":\#(count)}"#)
        } else {
            try deletePart(key, FunctionPart.reserved, "")
        }
        change(key) { $0.reservedConcurrency = count }
    }

    private func putPart(
        _ key: FunctionKey, _ kind: String, _ qualifier: String, _ text: String
    ) throws(StoreError) {
        _ = try family(key)
        try run(
            """
            INSERT OR REPLACE INTO function_part (account, region, name, kind, qualifier, value)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """
        ) { statement in
            Self.bind(key, to: statement)
            statement.bind(4, kind)
            statement.bind(5, qualifier)
            statement.bind(6, text)
        }
    }

    private func deletePart(_ key: FunctionKey, _ kind: String, _ qualifier: String) throws(StoreError) {
        _ = try family(key)
        try run(
            """
            DELETE FROM function_part
            WHERE account = ?1 AND region = ?2 AND name = ?3 AND kind = ?4 AND qualifier = ?5
            """
        ) { statement in
            Self.bind(key, to: statement)
            statement.bind(4, kind)
            statement.bind(5, qualifier)
        }
    }

    private func change(_ key: FunctionKey, _ change: (inout FunctionFamily) -> Void) {
        changeDefinitions { definitions in
            guard var family = definitions.functions[key] else { return }
            change(&family)
            definitions.functions[key] = family
            definitions.functionEdition += 1
        }
    }
}

// MARK: - Layers

extension StoreWriter {
    /// Gives the next version of a layer its number and keeps it.
    package func publishLayer(
        _ make: (_ number: Int) -> LayerVersionDefinition, as key: LayerKey
    ) throws(StoreError) -> LayerVersionDefinition {
        let number = (definitions.layers[key]?.lastVersion ?? 0) + 1
        let layer = make(number)
        try putLayerRow(key, 0, #"{"last":\#(number)}"#)
        try putLayerRow(key, number, LayerCodec.text(layer))
        changeDefinitions {
            $0.layers[key, default: LayerFamily()].lastVersion = number
            $0.layers[key]?.versions[number] = layer
        }
        return layer
    }

    package func updateLayer(_ layer: LayerVersionDefinition) throws(StoreError) {
        guard definitions.layers[layer.key]?.versions[layer.number] != nil else {
            throw .notFound("Layer \(layer.arn)")
        }
        try putLayerRow(layer.key, layer.number, LayerCodec.text(layer))
        changeDefinitions { $0.layers[layer.key]?.versions[layer.number] = layer }
    }

    /// Functions that use it keep it.
    package func deleteLayer(_ number: Int, of key: LayerKey) throws(StoreError) {
        guard definitions.layers[key]?.versions[number] != nil else {
            throw .notFound("Layer \(key.arn(version: number))")
        }
        try run(
            "DELETE FROM layer_version WHERE account = ?1 AND region = ?2 AND name = ?3 AND version = ?4"
        ) { statement in
            Self.bind(key, number, to: statement)
        }
        changeDefinitions { $0.layers[key]?.versions[number] = nil }
    }

    private func putLayerRow(_ key: LayerKey, _ number: Int, _ text: String) throws(StoreError) {
        try run(
            """
            INSERT OR REPLACE INTO layer_version (account, region, name, version, value)
            VALUES (?1, ?2, ?3, ?4, ?5)
            """
        ) { statement in
            Self.bind(key, number, to: statement)
            statement.bind(5, text)
        }
    }

    private static func bind(_ key: LayerKey, _ number: Int, to statement: Statement) {
        statement.bind(1, key.location.account)
        statement.bind(2, key.location.region)
        statement.bind(3, key.name)
        statement.bind(4, Int64(number))
    }
}
