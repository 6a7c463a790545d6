import AWSWire
import ByteCoding
import EventModel
import EventStore

/// One write of an item, with everything made ready that needs no look at the store, so that the writer thread has
/// little to do.
struct ItemWrite: Sendable {
    /// An item in the form in which it is stored.
    struct NewItem: Sendable {
        /// In canonical form.
        let json: [UInt8]
        let sizeBytes: Int

        init(_ item: AttributeMap) {
            json = item.json
            sizeBytes = item.sizeBytes
        }
    }

    enum Action: Sendable {
        case put(NewItem)
        case delete
        /// Makes the item, out of its key, when it does not exist.
        case update(UpdateProgram)
        /// Deletes the item if its time is over; the stream tells that time to live did it.
        case expire(TimeToLive)
        /// Only looks whether the condition holds.
        case check
    }

    let table: TableKey
    let key: ItemKey
    let keyJSON: [UInt8]
    let action: Action
    let condition: Condition?

    init(_ action: Action, _ key: ItemKey, in table: TableKey, if condition: Condition? = nil) {
        self.action = action
        self.table = table
        self.key = key
        keyJSON = key.attributes.json
        self.condition = condition
    }
}

extension ItemWrite.Action {
    fileprivate var isExpiry: Bool {
        switch self {
        case .expire: true
        case .put, .delete, .update, .check: false
        }
    }
}

/// Why a write was refused when its item was seen.
enum WriteFailure: Error {
    /// Carries the item as it is stored.
    case condition(item: [UInt8]?)
    case update(UpdateFailure)
    /// A value cannot be the key of an index.
    case index(AWSError)
}

extension ItemWrite {
    /// Looks at the item and decides; writes nothing.
    func prepare(on writer: StoreWriter) throws(StoreError) -> Result<PreparedWrite, WriteFailure> {
        let old = try writer.item(key.bytes, in: table)
        if let condition {
            let item = try old.map { old throws(StoreError) in try AttributeMap(stored: old) }
            guard condition.holds(for: item ?? AttributeMap()) else { return .failure(.condition(item: old)) }
        }
        switch action {
        case .put(let item):
            return try PreparedWrite.make(self, old: old, new: item, writer.catalog)
        case .delete: return try PreparedWrite.make(self, old: old, new: nil, writer.catalog)
        case .expire(let timeToLive):
            guard let old, timeToLive.isOver(for: try AttributeMap(stored: old)) else {
                return .success(PreparedWrite(look: self, old: old))
            }
            return try PreparedWrite.make(self, old: old, new: nil, writer.catalog)
        case .check: return .success(PreparedWrite(look: self, old: old))
        case .update(let program):
            let item = try old.map { old throws(StoreError) in try AttributeMap(stored: old) }
            let new: AttributeMap
            do throws(UpdateFailure) {
                new = try program.applied(to: item ?? key.attributes)
            } catch {
                return .failure(.update(error))
            }
            return try PreparedWrite.make(self, old: old, new: NewItem(new), writer.catalog)
        }
    }
}

/// A write that may happen, with the item before and after it.
struct PreparedWrite {
    let write: ItemWrite
    let old: [UInt8]?
    /// `nil` when the item is gone behind the write.
    let new: ItemWrite.NewItem?
    private let isChange: Bool
    /// What the table's stream will tell; `nil` when it has none that is enabled.
    private let change: ChangeRecord?

    private let indexChanges: [IndexChange]

    /// Decides everything that the write will do, so that nothing can fail behind its first step.
    static func make(
        _ write: ItemWrite, old: [UInt8]?, new: ItemWrite.NewItem?, _ catalog: CatalogSnapshot
    ) throws(StoreError) -> Result<PreparedWrite, WriteFailure> {
        guard old != new?.json, let table = catalog.table(write.table) else {
            return .success(PreparedWrite(write, old: old, new: new, isChange: false, nil, []))
        }
        let indexChanges: [IndexChange]
        switch try IndexChange.all(in: table, from: old, to: new?.json, itemKey: write.key.bytes) {
        case .success(let changes): indexChanges = changes
        case .failure(let error): return .failure(.index(error))
        }
        let change = try view(of: write.table, catalog).map { view throws(StoreError) in
            try Self.change(of: write, from: old, to: new, shownBy: view)
        }
        return .success(PreparedWrite(write, old: old, new: new, isChange: true, change, indexChanges))
    }

    private init(
        _ write: ItemWrite, old: [UInt8]?, new: ItemWrite.NewItem?, isChange: Bool, _ change: ChangeRecord?,
        _ indexChanges: [IndexChange]
    ) {
        self.write = write
        self.old = old
        self.new = new
        self.isChange = isChange
        self.change = change
        self.indexChanges = indexChanges
    }

    /// A look at an item that stays as it is.
    init(look write: ItemWrite, old: [UInt8]?) {
        self.write = write
        self.old = old
        new = nil
        isChange = false
        change = nil
        indexChanges = []
    }

    /// Writes the item and appends the change to the table's stream: one part of one transaction. A write that
    /// changes nothing leaves no record (sources-api.md §D).
    func perform(on writer: StoreWriter) throws(StoreError) {
        guard isChange else { return }
        if let new {
            try writer.putItem(new.json, key: write.key.bytes, in: write.table)
        } else {
            _ = try writer.deleteItem(write.key.bytes, in: write.table)
        }
        for change in indexChanges { try change.perform(on: writer, itemKey: write.key.bytes) }
        if let change { _ = try writer.appendChange(change, key: write.key.bytes, in: write.table) }
    }

    /// Bytes of the item before the write, 0 when there was none.
    func oldSizeBytes() throws(StoreError) -> Int {
        guard let old else { return 0 }
        return try AttributeMap(stored: old).sizeBytes
    }

    /// What the write costs, in half units.
    func halfUnits() throws(StoreError) -> Int {
        ConsumedCapacity.writeUnits(try oldSizeBytes(), new?.sizeBytes ?? 0)
    }

    /// What the table's stream shows; `nil` when it has none that is enabled.
    private static func view(of table: TableKey, _ catalog: CatalogSnapshot) -> StreamView? {
        guard let key = catalog.table(table)?.latestStream, let stream = catalog.stream(key),
            stream.isEnabled,
            case .table(_, _, let view, _) = stream.kind
        else { return nil }
        return view
    }

    private static func change(
        of write: ItemWrite, from old: [UInt8]?, to new: ItemWrite.NewItem?, shownBy view: StreamView
    ) throws(StoreError) -> ChangeRecord {
        let event: ChangeRecord.EventName = new == nil ? .remove : old == nil ? .insert : .modify
        var size = write.key.attributes.sizeBytes
        var images = JSONWriter(
            capacity: 64 + write.keyJSON.count + (old?.count ?? 0) + (new?.json.count ?? 0))
        images.key("Keys")
        images.raw(write.keyJSON)
        if view.showsNewImage, let new {
            images.key("NewImage")
            images.raw(new.json)
            size += new.sizeBytes
        }
        if view.showsOldImage, let old {
            images.key("OldImage")
            images.raw(old)
            size += try AttributeMap(stored: old).sizeBytes
        }
        return ChangeRecord(
            header: ChangeRecord.Header(eventName: event, sizeBytes: size, isExpiry: write.action.isExpiry),
            images: images.bytes)
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
