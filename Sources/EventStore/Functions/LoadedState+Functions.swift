import EventModel
import SQLite

extension LoadedState {
    mutating func loadFunctions(_ connection: Connection, in directory: String) throws(StoreError) {
        let functions = try storeErrors { () throws(SQLiteError) in
            try connection.prepare("SELECT definition FROM function")
        }
        while try storeErrors({ () throws(SQLiteError) in try functions.step() }) {
            let function = try FunctionCodec.function(functions.text(0), in: directory)
            definitions.functions[function.key] = FunctionFamily(latest: function)
        }
        let parts = try storeErrors { () throws(SQLiteError) in
            try connection.prepare("SELECT account, region, name, kind, qualifier, value FROM function_part")
        }
        while try storeErrors({ () throws(SQLiteError) in try parts.step() }) {
            let key = FunctionKey(
                location: Location(account: parts.text(0), region: parts.text(1)), name: parts.text(2))
            guard var family = definitions.functions[key] else {
                throw .corrupt("a part of the function \(key) is there without it")
            }
            try FunctionPart.add(
                kind: parts.text(3), qualifier: parts.text(4), parts.text(5), to: &family, in: directory)
            definitions.functions[key] = family
        }
        try loadLayers(connection)
    }

    private mutating func loadLayers(_ connection: Connection) throws(StoreError) {
        let rows = try storeErrors { () throws(SQLiteError) in
            try connection.prepare("SELECT account, region, name, version, value FROM layer_version")
        }
        while try storeErrors({ () throws(SQLiteError) in try rows.step() }) {
            let key = LayerKey(
                location: Location(account: rows.text(0), region: rows.text(1)), name: rows.text(2))
            let number = Int(rows.int(3))
            var family = definitions.layers[key] ?? LayerFamily()
            if number == 0 {
                family.lastVersion = try StoredJSON(text: rows.text(4), of: "layer \(key.name)")
                    .int("last", or: 0)
            } else {
                family.versions[number] = try LayerCodec.layer(rows.text(4), key: key, number: number)
            }
            definitions.layers[key] = family
        }
    }
}
