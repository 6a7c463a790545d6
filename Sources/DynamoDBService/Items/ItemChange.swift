import ByteCoding
import EventModel

/// What a write does to one item, and the record that it leaves in the table's stream.
struct ItemChange {
    let key: ItemKey
    let old: AttributeMap?
    let new: AttributeMap?

    /// `nil` when the write changes nothing, which leaves no record (sources-api.md §D).
    func record(for view: StreamView) -> ChangeRecord? {
        let event: ChangeRecord.EventName
        switch (old, new) {
        case (nil, nil): return nil
        case (nil, .some): event = .insert
        case (.some, nil): event = .remove
        case (.some(let old), .some(let new)):
            guard old != new else { return nil }
            event = .modify
        }
        var size = key.attributes.sizeBytes
        var images = JSONWriter(capacity: 256)
        images.key("Keys")
        key.attributes.encode(to: &images)
        if view.showsNewImage, let new {
            images.key("NewImage")
            new.encode(to: &images)
            size += new.sizeBytes
        }
        if view.showsOldImage, let old {
            images.key("OldImage")
            old.encode(to: &images)
            size += old.sizeBytes
        }
        return ChangeRecord(
            header: ChangeRecord.Header(eventName: event, sizeBytes: size), images: images.bytes)
    }
}
