import AWSWire
import ByteCoding
import EventModel
import EventStore

/// One item to store or delete, with everything made ready that needs no look at the store, so that the writer thread
/// has little to do.
struct ItemWrite: Sendable {
    struct NewItem: Sendable {
        /// In canonical form.
        let json: [UInt8]
        let sizeBytes: Int

        init(_ item: AttributeMap) {
            json = item.json
            sizeBytes = item.sizeBytes
        }
    }

    let table: TableKey
    let key: [UInt8]
    let keyJSON: [UInt8]
    let keySizeBytes: Int
    /// `nil` deletes.
    let item: NewItem?

    init(putting item: AttributeMap, key: ItemKey, in table: TableKey) {
        self.init(table, key, NewItem(item))
    }

    init(deleting key: ItemKey, in table: TableKey) {
        self.init(table, key, nil)
    }

    private init(_ table: TableKey, _ key: ItemKey, _ item: NewItem?) {
        self.table = table
        self.key = key.bytes
        keyJSON = key.attributes.json
        keySizeBytes = key.attributes.sizeBytes
        self.item = item
    }

    /// Reads the old item, writes the new one and appends the change to the table's stream: one part of one
    /// transaction. A write that changes nothing leaves no record (sources-api.md §D).
    ///
    /// - Returns: The old item as it was stored.
    func perform(on writer: StoreWriter) throws(StoreError) -> [UInt8]? {
        let old = try writer.item(key, in: table)
        guard old != item?.json else { return old }
        let change = try change(from: old, shownBy: Self.view(of: table, writer.catalog))
        if let item {
            try writer.putItem(item.json, key: key, in: table)
        } else {
            _ = try writer.deleteItem(key, in: table)
        }
        if let change { _ = try writer.appendChange(change, key: key, in: table) }
        return old
    }

    /// What the table's stream shows; `nil` when it has none that is enabled.
    private static func view(of table: TableKey, _ catalog: CatalogSnapshot) -> StreamView? {
        guard let key = catalog.table(table)?.latestStream, let stream = catalog.stream(key),
            stream.isEnabled,
            case .table(_, _, let view, _) = stream.kind
        else { return nil }
        return view
    }

    private func change(
        from old: [UInt8]?, shownBy view: StreamView?
    ) throws(StoreError) -> ChangeRecord? {
        guard let view else { return nil }
        let event: ChangeRecord.EventName = item == nil ? .remove : old == nil ? .insert : .modify
        var size = keySizeBytes
        var images = JSONWriter(capacity: 64 + keyJSON.count + (old?.count ?? 0) + (item?.json.count ?? 0))
        images.key("Keys")
        images.raw(keyJSON)
        if view.showsNewImage, let item {
            images.key("NewImage")
            images.raw(item.json)
            size += item.sizeBytes
        }
        if view.showsOldImage, let old {
            images.key("OldImage")
            images.raw(old)
            size += try AttributeMap(stored: old).sizeBytes
        }
        return ChangeRecord(
            header: ChangeRecord.Header(eventName: event, sizeBytes: size), images: images.bytes)
    }
}

extension AttributeMap {
    /// Reads what an earlier write stored.
    init(stored: [UInt8]) throws(StoreError) {
        var reader = WireReader(stored)
        do {
            self = try AttributeMap.decode(&reader) ?? AttributeMap()
        } catch {
            throw .corrupt("an item is not readable: \(error.message)")
        }
    }
}
