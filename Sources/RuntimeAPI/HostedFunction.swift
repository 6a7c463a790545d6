import EventModel

/// A function as the host runs it: one pool for each version that was invoked. Confined to the engine loop.
final class HostedFunction {
    private(set) var family: FunctionFamily
    private(set) var pools: [FunctionVersion: FunctionPool] = [:]
    let metrics: FunctionMetrics
    private let context: HostContext
    /// A cycle with the pools, which end with the function.
    private let host: FunctionHost

    init(_ family: FunctionFamily, context: HostContext, host: FunctionHost) {
        self.family = family
        self.context = context
        self.host = host
        metrics = FunctionMetrics(family.key, registry: context.metrics, recorder: context.recorder)
        noteDividedAliases()
    }

    private func noteDividedAliases() {
        let divided = family.aliases.values.filter { $0.additional != nil }
        metrics.divided = Set(divided.map { family.key.arn(qualifier: $0.name).description })
    }

    var environmentCount: Int { pools.values.reduce(0) { $0 + $1.environmentCount } }

    /// Takes the new definitions over.
    ///
    /// - Returns: Pools of versions that are gone; they are the caller's now.
    func define(_ family: FunctionFamily) -> [FunctionPool] {
        self.family = family
        noteDividedAliases()
        var gone: [FunctionPool] = []
        for (version, pool) in pools {
            if let definition = family.definition(version) {
                pool.define(definition)
            } else {
                pools[version] = nil
                gone.append(pool)
            }
        }
        return gone
    }

    /// The pool of the version that one call gets; `nil` when there is none of that name.
    func pool(qualifier: String?, draw: Double) -> FunctionPool? {
        guard let version = family.version(qualifier, draw: draw) else { return nil }
        if let pool = pools[version] { return pool }
        guard let definition = family.definition(version) else { return nil }
        let pool = FunctionPool(definition, metrics: metrics, context: context, host: host)
        pools[version] = pool
        return pool
    }
}
