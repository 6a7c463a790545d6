package import EventModel

/// The names and dimensions of the namespace `AWS/Lambda` (invocation.md §7).
package enum LambdaMetrics {
    package static let namespace = "AWS/Lambda"

    /// A metric of a function in its three sets of dimensions: by name, by name and resource, of the account.
    ///
    /// - Parameters:
    ///   - resource: The function's name with the qualifier that it was called by: `orders`, `orders:live`.
    ///   - executedVersion: Which version an alias with two led to; it gets a set of dimensions of its own.
    package static func identities(
        _ metric: String, function: String, resource: String, executedVersion: String? = nil,
        in location: Location
    ) -> [MetricIdentity] {
        let name = MetricDimension("FunctionName", function)
        let place = MetricDimension("Resource", resource)
        var sets: [[MetricDimension]] = [[name], [name, place], []]
        if let executedVersion {
            sets.append([name, place, MetricDimension("ExecutedVersion", executedVersion)])
        }
        return sets.map {
            MetricIdentity(location: location, namespace: namespace, name: metric, dimensions: $0)
        }
    }

    /// `ConcurrentExecutions`: the account's value is a count of its own, not the sum of the functions'.
    package static func concurrentExecutions(
        function: String, in location: Location
    ) -> (function: MetricIdentity, account: MetricIdentity) {
        let sets = identities(
            "ConcurrentExecutions", function: function, resource: function, in: location)
        return (sets[0], sets[2])
    }

    /// A metric of one mapping.
    package static func identity(_ metric: String, mapping id: String, in location: Location)
        -> MetricIdentity
    {
        MetricIdentity(
            location: location, namespace: namespace, name: metric,
            dimensions: [MetricDimension("EventSourceMappingUUID", id)])
    }
}
