/// The settings that only queue mappings have; all unset for a stream mapping.
package struct QueueMappingSettings: Equatable, Sendable {
    /// `ScalingConfig.MaximumConcurrency`, 2...1,000: batches in flight at once; `nil` for AWS's own limit.
    package var maximumConcurrency: Int?
    /// Not together with `maximumConcurrency`.
    package var provisionedPollers: ProvisionedPollers?
    /// The queue, topic or bucket that messages are reported to which were given up after a failure (own extension).
    package var onFailureDestination: ARN?
    /// The queue, topic or bucket that messages are reported to with which the function succeeded (own extension).
    package var onSuccessDestination: ARN?

    package init(
        maximumConcurrency: Int? = nil, provisionedPollers: ProvisionedPollers? = nil,
        onFailureDestination: ARN? = nil, onSuccessDestination: ARN? = nil
    ) {
        self.maximumConcurrency = maximumConcurrency
        self.provisionedPollers = provisionedPollers
        self.onFailureDestination = onFailureDestination
        self.onSuccessDestination = onSuccessDestination
    }

    /// `ProvisionedPollerConfig` with AWS's values for what was not given (esm-api.md §3).
    package struct ProvisionedPollers: Equatable, Sendable {
        /// 2...200.
        package var minimum: Int
        /// `minimum`...2,000.
        package var maximum: Int

        package init(minimum: Int = 2, maximum: Int = 200) {
            self.minimum = minimum
            self.maximum = maximum
        }
    }
}

extension MappingSettings {
    /// Where given up records or messages are reported, whatever the source.
    package var onFailureDestination: ARN? { stream?.onFailureDestination ?? queue.onFailureDestination }
    /// Where successes are reported, whatever the source.
    package var onSuccessDestination: ARN? { stream?.onSuccessDestination ?? queue.onSuccessDestination }
}
