import AWSWire
import EventModel

extension FunctionRequest {
    /// Reads the body of `CreateFunction` or `UpdateFunctionConfiguration`; only types are checked.
    init(_ arguments: CallArguments) throws(AWSError) {
        self.init()
        functionName = try arguments.string("FunctionName")
        runtime = try arguments.string("Runtime")
        handler = try arguments.string("Handler")
        role = try arguments.string("Role")
        description = try arguments.string("Description")
        timeout = try arguments.int("Timeout")
        memorySize = try arguments.int("MemorySize")
        layers = try arguments.strings("Layers")
        architectures = try arguments.strings("Architectures")
        packageType = try arguments.string("PackageType")
        if let environment = try arguments.object("Environment") {
            let pairs = try environment.stringMap("Variables") ?? []
            variables = Dictionary(pairs.map { ($0.key, $0.value) }) { $1 }
        }
        if let pairs = try arguments.stringMap("Tags") {
            tags = Dictionary(pairs.map { ($0.key, $0.value) }) { $1 }
        }
        try readUnsupported(arguments)
    }

    /// Settings that nothing here acts on. What says the default of AWS is taken: SDKs and tools send it along.
    private mutating func readUnsupported(_ arguments: CallArguments) throws(AWSError) {
        for name in ["CodeSigningConfigArn", "KMSKeyArn"] {
            if let text = try arguments.string(name), !text.isEmpty { unsupported.append(name) }
        }
        if let systems = try arguments.array("FileSystemConfigs"), !systems.isEmpty {
            unsupported.append("FileSystemConfigs")
        }
        if arguments["ImageConfig"] != nil { unsupported.append("ImageConfig") }
        for name in ["CapacityProviderConfig", "DurableConfig", "TenancyConfig"] where arguments[name] != nil
        {
            unsupported.append(name)
        }
        if let network = try arguments.object("VpcConfig") {
            let subnets = try network.strings("SubnetIds") ?? []
            let groups = try network.strings("SecurityGroupIds") ?? []
            if !subnets.isEmpty || !groups.isEmpty { unsupported.append("VpcConfig") }
        }
        if let target = try arguments.object("DeadLetterConfig")?.string("TargetArn"), !target.isEmpty {
            unsupported.append("DeadLetterConfig")
        }
        if let mode = try arguments.object("TracingConfig")?.string("Mode"), mode != "PassThrough" {
            unsupported.append("TracingConfig with Mode \(mode)")
        }
        if let moment = try arguments.object("SnapStart")?.string("ApplyOn"), moment != "None" {
            unsupported.append("SnapStart with ApplyOn \(moment)")
        }
        if let size = try arguments.object("EphemeralStorage")?.int("Size"), size != 512 {
            unsupported.append("EphemeralStorage of another Size than 512")
        }
        if let logging = try arguments.object("LoggingConfig") {
            if let form = try logging.string("LogFormat"), form != "Text" {
                unsupported.append("LoggingConfig with LogFormat \(form)")
            }
            for name in ["ApplicationLogLevel", "SystemLogLevel", "LogGroup"]
            where logging[name] != nil { unsupported.append("\(name) of LoggingConfig") }
        }
    }
}
