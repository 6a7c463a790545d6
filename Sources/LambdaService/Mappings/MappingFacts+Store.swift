package import EventModel
package import EventStore

extension MappingFacts {
    /// What the definitions of one moment say about a request.
    ///
    /// - Parameter source: The mapping's source; `nil` when the request names none.
    package init(
        _ catalog: CatalogSnapshot, _ request: MappingRequest, source: ARN?, location: Location,
        now: Timestamp
    ) {
        self.init(
            functionTimeoutSeconds: Self.timeout(request, location, catalog),
            source: source.map { Self.source($0, catalog) } ?? .missing,
            destinationExists: Self.exists(request.onFailureDestination, catalog),
            successDestinationExists: Self.exists(request.successReportDestination, catalog),
            failureReportDestinationExists: Self.exists(request.failureReportDestination, catalog),
            hasRedrivePolicy: source.flatMap { catalog.queue($0)?.attributes.redrive } != nil, now: now)
    }

    /// Of the version that the request means; of the main one of an alias with two.
    private static func timeout(
        _ request: MappingRequest, _ location: Location, _ catalog: CatalogSnapshot
    ) -> Int? {
        guard let name = request.functionName,
            let function = FunctionReference(parsing: name, in: location)
        else { return nil }
        return catalog.function(function)?.timeoutSeconds
    }

    private static func source(_ arn: ARN, _ catalog: CatalogSnapshot) -> Source {
        if let queue = catalog.queue(arn) {
            return .queue(visibilityTimeoutSeconds: queue.attributes.visibilityTimeoutSeconds)
        }
        return catalog.stream(read: arn) == nil ? .missing : .stream
    }

    private static func exists(_ destination: String?, _ catalog: CatalogSnapshot) -> Bool {
        guard let arn = destination.flatMap({ ARN($0) }) else { return false }
        return catalog.hasDestination(arn)
    }
}
