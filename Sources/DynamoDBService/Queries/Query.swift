import AWSWire
import ByteCoding
import EventModel
import EventStore

extension DynamoDBService {
    func query(_ call: ServiceCall) throws(AWSError) {
        let request = try ReadRequest(call, ExpressionMembers(.filter, .keyCondition, .projection))
        let name = try TableName(request.tableName, of: call)
        guard let condition = request.expressions.keyCondition else {
            throw .validation(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
            )
        }
        let target = try ReadTarget(table(name), request.indexName)
        try target.check(request)
        let keys = try KeyCondition(condition, of: target)
        for path in request.expressions.filter?.paths ?? [] {
            guard target.keyAttributes.contains(where: { path.attribute.elementsEqual($0.name.utf8) }) else {
                continue
            }
            throw .validation(
                "Filter Expression can only contain non-primary key attributes: Primary key attribute: "
                    + String(decoding: path.attribute, as: UTF8.self))
        }
        var range = keys.range
        if let start = try startKey(request, target) {
            guard start.starts(with: keys.hashPrefix) else {
                throw .validation(
                    "The provided starting key is outside query boundaries based on provided conditions")
            }
            guard range.lower.lexicographicallyPrecedes(start) || range.lower == start,
                range.upper.map({ start.lexicographicallyPrecedes($0) }) ?? true
            else {
                throw .validation("The provided starting key does not match the range key predicate")
            }
            if request.isForward { range.lower = ItemKeyRange.behind(start) } else { range.upper = start }
        }
        try read(range, request, target, call)
    }

    func scan(_ call: ServiceCall) throws(AWSError) {
        let request = try ReadRequest(call, ExpressionMembers(.filter, .projection))
        let name = try TableName(request.tableName, of: call)
        switch (request.segment, request.totalSegments) {
        case (nil, nil): break
        case (nil, _?):
            throw .validation(
                "The Segment parameter is required but was not present in the request when parameter "
                    + "TotalSegments is present")
        case (_?, nil):
            throw .validation(
                "The TotalSegments parameter is required but was not present in the request when Segment "
                    + "parameter is present")
        case (let segment?, let total?):
            guard segment < total else {
                throw .validation(
                    "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
                        + "Segment: \(segment) is not less than TotalSegments: \(total)")
            }
        }
        let target = try ReadTarget(table(name), request.indexName)
        try target.check(request)
        var range = ItemKeyRange()
        if let start = try startKey(request, target) { range.lower = ItemKeyRange.behind(start) }
        try read(range, request, target, call)
    }

    private func startKey(_ request: ReadRequest, _ target: ReadTarget) throws(AWSError) -> [UInt8]? {
        guard let start = request.startKey else { return nil }
        do throws(AWSError) {
            return try target.key(from: start)
        } catch {
            throw .validation("The provided starting key is invalid: \(error.message)")
        }
    }

    private func read(
        _ range: ItemKeyRange, _ request: ReadRequest, _ target: ReadTarget, _ call: ServiceCall
    ) throws(AWSError) {
        var page = ItemPage(request, target)
        var failure: StoreError?
        do throws(StoreError) {
            try reader.items(in: target.store, range, descending: !request.isForward) { key, item in
                do throws(StoreError) {
                    return try visit(key, item, request, &page)
                } catch {
                    failure = error
                    return false
                }
            }
            if let failure { throw failure }
        } catch {
            throw AWSError(storeFailure: error)
        }
        call.succeed(
            json: page.answer(request.capacity, isConsistent: request.isConsistent))
    }

    /// Puts an item, or that of an index entry, on the page, or passes over one of another segment.
    private func visit(
        _ key: Span<UInt8>, _ item: Span<UInt8>, _ request: ReadRequest, _ page: inout ItemPage
    ) throws(StoreError) -> Bool {
        if let segment = request.segment, let total = request.totalSegments {
            guard Self.segment(of: ItemKey.hashPart(of: key), total) == segment else { return true }
        }
        let stored = item.withUnsafeBufferPointer { Array($0) }
        guard page.target.index != nil else { return try page.add(stored) }
        // An entry tells where the item is; the walk holds one moment of the store, in which both are there.
        guard let found = try reader.item(stored, in: page.target.table.key) else {
            throw .corrupt("an index entry of table \(page.target.table.name) has no item")
        }
        return try page.add(found)
    }

    /// Which part of a parallel scan has the items of a hash key: FNV-1a, spread over the parts.
    private static func segment(of hashPart: [UInt8], _ total: Int) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in hashPart { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return Int((hash ^ hash >> 32) % UInt64(total))
    }
}
