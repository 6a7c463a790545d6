import EventModel

/// Ages of the oldest unsettled record, one a second, of the last minutes; empty until the first sample.
struct AgeHistory {
    private var samples: [Int64] = []
    private var next = 0

    mutating func add(_ age: Duration) {
        let milliseconds = max(0, age.wholeMilliseconds)
        if samples.count < EngineLimits.historySamples {
            samples.append(milliseconds)
        } else {
            samples[next] = milliseconds
            next = (next + 1) % samples.count
        }
    }

    /// Oldest first.
    var inOrder: [Int64] { Array(samples[next...] + samples[..<next]) }
}
