import AWSWire
import EventModel

extension KinesisService {
    func updateMaxRecordSize(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let size = try arguments.int("MaxRecordSizeInKiB")
        var constraints = Constraints()
        constraints.required(size != nil, "maxRecordSizeInKiB")
        constraints.range(size, at: "maxRecordSizeInKiB", KinesisLimits.recordKiB)
        try constraints.check()
        change(try stream(of: arguments, call), call) { stream, _ throws(AWSError) in
            stream.settings.maxRecordKiB = size ?? stream.settings.maxRecordKiB
        }
    }
}
