import ByteCoding
import EventModel
import EventStore
import HTTP
import Testing
import WireTesting

/// Every operation on functions, as bytes: what it answers and how it refuses.
@Suite("Functions on the wire, byte by byte")
struct FunctionWireTests {
    static let functions = "/2015-03-31/functions"
    private static let role = "arn:aws:iam::000000000000:role/lambda-role"

    /// A body of `CreateFunction`.
    static func body(_ name: String, _ more: String = "", code: String = Packages.one) -> String {
        #"{"FunctionName":"\#(name)","Role":"\#(role)","Runtime":"python3.12","Handler":"app.handler","#
            + #""Code":{"ZipFile":"\#(code)"}\#(more)}"#
    }

    @Test("Creating and reading")
    func create() throws {
        let world = try LambdaWorld()
        try world.expect(
            "CreateFunction", "zip", "POST", Self.functions,
            Self.body(
                "made",
                #","Description":"d","Timeout":9,"MemorySize":256,"Environment":{"Variables":{"AA":"1"}},"Tags":{"t":"1"}"#
            ))
        try world.expect("CreateFunction", "again", "POST", Self.functions, Self.body("made"))
        try world.expect(
            "CreateFunction", "published", "POST", Self.functions, Self.body("other", #","Publish":true"#))
        try world.expect(
            "CreateFunction", "constraints", "POST", Self.functions,
            Self.body("bad name", #","Timeout":901,"MemorySize":1"#))
        try world.expect(
            "CreateFunction", "no-zip", "POST", Self.functions, Self.body("x", code: "bm8gemlw"))
        try world.expect(
            "CreateFunction", "image", "POST", Self.functions,
            #"{"FunctionName":"x","Role":"\#(Self.role)","PackageType":"Image","Code":{"ImageUri":"i"}}"#)
        try world.expect("GetFunction", "made", "GET", "\(Self.functions)/made")
        try world.expect("ListFunctions", "all-versions", "GET", "\(Self.functions)?FunctionVersion=ALL")
        try world.expect("GetAccountSettings", "used", "GET", "/2016-08-19/account-settings")
        try world.expect(
            "GetFunctionCodeSigningConfig", "none", "GET",
            "/2020-06-30/functions/made/code-signing-config")
    }

    @Test("Changing")
    func update() throws {
        let world = try LambdaWorld()
        try world.call("POST", Self.functions, Self.body("made"))
        let path = "\(Self.functions)/made"
        try world.expect(
            "UpdateFunctionConfiguration", "merged", "PUT", "\(path)/configuration", #"{"Timeout":30}"#)
        try world.expect(
            "UpdateFunctionConfiguration", "revision", "PUT", "\(path)/configuration",
            #"{"Timeout":31,"RevisionId":"none"}"#)
        try world.expect(
            "UpdateFunctionConfiguration", "network", "PUT", "\(path)/configuration",
            #"{"VpcConfig":{"SubnetIds":["subnet-1"]}}"#)
        try world.expect(
            "UpdateFunctionCode", "zip", "PUT", "\(path)/code", #"{"ZipFile":"\#(Packages.two)"}"#)
        try world.expect(
            "UpdateFunctionCode", "dry-run", "PUT", "\(path)/code",
            #"{"ZipFile":"\#(Packages.one)","DryRun":true}"#)
        try world.expect(
            "UpdateFunctionCode", "published", "PUT", "\(path)/code",
            #"{"ZipFile":"\#(Packages.one)","Publish":true}"#)
        try world.expect(
            "UpdateFunctionCode", "unknown", "PUT", "\(Self.functions)/gone/code",
            #"{"ZipFile":"\#(Packages.one)"}"#)
        try world.expect("DeleteFunction", "latest", "DELETE", "\(path)?Qualifier=$LATEST")
        try world.expect("DeleteFunction", "version", "DELETE", "\(path)?Qualifier=1")
        try world.expect("DeleteFunction", "whole", "DELETE", path)
        try world.expect("DeleteFunction", "unknown", "DELETE", path)
    }

    @Test("Versions and aliases")
    func versions() throws {
        let world = try LambdaWorld()
        try world.call("POST", Self.functions, Self.body("made"))
        let path = "\(Self.functions)/made"
        try world.expect(
            "PublishVersion", "first", "POST", "\(path)/versions", #"{"Description":"first"}"#)
        try world.expect("PublishVersion", "same", "POST", "\(path)/versions", "{}")
        try world.expect(
            "PublishVersion", "digest", "POST", "\(path)/versions", #"{"CodeSha256":"wrong"}"#)
        try world.call("PUT", "\(path)/configuration", #"{"Timeout":9}"#)
        try world.call("POST", "\(path)/versions", "{}")
        try world.expect("ListVersionsByFunction", "all", "GET", "\(path)/versions")
        try world.expect("ListVersionsByFunction", "page", "GET", "\(path)/versions?MaxItems=1")
        let weighted = #"{"AdditionalVersionWeights":{"2":0.25}}"#
        try world.expect(
            "CreateAlias", "weighted", "POST", "\(path)/aliases",
            #"{"Name":"live","FunctionVersion":"1","RoutingConfig":\#(weighted)}"#)
        try world.expect(
            "CreateAlias", "again", "POST", "\(path)/aliases", #"{"Name":"live","FunctionVersion":"1"}"#)
        try world.expect(
            "CreateAlias", "latest-divided", "POST", "\(path)/aliases",
            #"{"Name":"x","FunctionVersion":"$LATEST","RoutingConfig":\#(weighted)}"#)
        try world.expect("GetAlias", "weighted", "GET", "\(path)/aliases/live")
        try world.expect("GetAlias", "unknown", "GET", "\(path)/aliases/gone")
        try world.expect(
            "UpdateAlias", "undivided", "PUT", "\(path)/aliases/live",
            #"{"FunctionVersion":"2","RoutingConfig":{"AdditionalVersionWeights":{}}}"#)
        try world.expect("UpdateAlias", "unknown", "PUT", "\(path)/aliases/gone", "{}")
        try world.expect("ListAliases", "all", "GET", "\(path)/aliases")
        try world.expect("DeleteFunction", "aliased", "DELETE", "\(path)?Qualifier=2")
        try world.expect("DeleteAlias", "known", "DELETE", "\(path)/aliases/live")
    }

    @Test("Permissions, concurrency and tags")
    func settings() throws {
        let world = try LambdaWorld()
        let path = "\(Self.functions)/fn"
        let statement =
            #"{"StatementId":"s","Action":"lambda:InvokeFunction","Principal":"s3.amazonaws.com","#
            + #""SourceArn":"arn:aws:s3:::b","SourceAccount":"000000000000"}"#
        try world.expect("AddPermission", "service", "POST", "\(path)/policy", statement)
        try world.expect("AddPermission", "again", "POST", "\(path)/policy", statement)
        try world.expect("AddPermission", "latest", "POST", "\(path)/policy?Qualifier=$LATEST", statement)
        try world.expect("GetPolicy", "one", "GET", "\(path)/policy")
        try world.expect("RemovePermission", "unknown", "DELETE", "\(path)/policy/none")
        try world.expect("RemovePermission", "known", "DELETE", "\(path)/policy/s")
        try world.expect("GetPolicy", "none", "GET", "\(path)/policy")
        let concurrency = "functions/fn/concurrency"
        try world.expect("GetFunctionConcurrency", "none", "GET", "/2019-09-30/\(concurrency)")
        try world.expect(
            "PutFunctionConcurrency", "set", "PUT", "/2017-10-31/\(concurrency)",
            #"{"ReservedConcurrentExecutions":7}"#)
        try world.expect(
            "PutFunctionConcurrency", "too-many", "PUT", "/2017-10-31/\(concurrency)",
            #"{"ReservedConcurrentExecutions":901}"#)
        try world.expect(
            "PutFunctionConcurrency", "qualified", "PUT", "/2017-10-31/functions/fn:1/concurrency",
            #"{"ReservedConcurrentExecutions":1}"#)
        try world.expect("GetFunctionConcurrency", "set", "GET", "/2019-09-30/\(concurrency)")
        try world.expect("DeleteFunctionConcurrency", "set", "DELETE", "/2017-10-31/\(concurrency)")
        let tags = "/2017-03-31/tags/arn:aws:lambda:us-east-1:000000000000:function:fn"
        try world.expect("TagResource", "function", "POST", tags, #"{"Tags":{"a":"1"}}"#)
        try world.expect("ListTags", "tagged-function", "GET", tags)
        try world.expect("TagResource", "version", "POST", "\(tags):1", #"{"Tags":{"a":"1"}}"#)
        try world.expect("UntagResource", "function", "DELETE", "\(tags)?tagKeys=a")
    }

    @Test("Layers")
    func layers() throws {
        let world = try LambdaWorld()
        let path = "/2018-10-31/layers/shared/versions"
        let content = #""Content":{"ZipFile":"\#(Packages.layer)"}"#
        try world.expect(
            "PublishLayerVersion", "first", "POST", path,
            #"{\#(content),"Description":"d","CompatibleRuntimes":["python3.12"],"LicenseInfo":"MIT"}"#)
        try world.expect(
            "PublishLayerVersion", "runtime", "POST", path, #"{\#(content),"CompatibleRuntimes":["x"]}"#)
        try world.expect("GetLayerVersion", "first", "GET", "\(path)/1")
        try world.expect("GetLayerVersion", "unknown", "GET", "\(path)/2")
        try world.expect(
            "GetLayerVersionByArn", "first", "GET",
            "/2018-10-31/layers?find=LayerVersion&Arn=arn:aws:lambda:us-east-1:000000000000:layer:shared:1")
        try world.expect("ListLayers", "one", "GET", "/2018-10-31/layers")
        try world.expect("ListLayerVersions", "one", "GET", path)
        let statement = #"{"StatementId":"s","Action":"lambda:GetLayerVersion","Principal":"*"}"#
        try world.expect("AddLayerVersionPermission", "all", "POST", "\(path)/1/policy", statement)
        try world.expect("GetLayerVersionPolicy", "one", "GET", "\(path)/1/policy")
        try world.expect("RemoveLayerVersionPermission", "s", "DELETE", "\(path)/1/policy/s")
        try world.expect("GetLayerVersionPolicy", "none", "GET", "\(path)/1/policy")
        let arn = "arn:aws:lambda:us-east-1:000000000000:layer:shared:1"
        try world.expect(
            "CreateFunction", "with-layer", "POST", Self.functions,
            Self.body("made", #","Layers":["\#(arn)"]"#))
        try world.expect("DeleteLayerVersion", "first", "DELETE", "\(path)/1")
        try world.expect(
            "CreateFunction", "without-layer", "POST", Self.functions,
            Self.body("late", #","Layers":["\#(arn)"]"#))
    }

    @Test("A mapping may name a version or an alias, and only one that is there")
    func qualifiedMappings() throws {
        let world = try LambdaWorld()
        try world.call("POST", Self.functions, Self.body("made", #","Publish":true"#))
        try world.call(
            "POST", "\(Self.functions)/made/aliases", #"{"Name":"live","FunctionVersion":"1"}"#)
        for name in ["made", "made:1", "made:live"] {
            let id = try world.create(
                #"{"FunctionName":"\#(name)","EventSourceArn":"\#(LambdaWorld.queue)"}"#)
            #expect(world.wire.store.catalog.mapping(id)?.functionKey.name == "made")
        }
        let refused = try world.call(
            "POST", LambdaWorld.mappings,
            #"{"FunctionName":"made:gone","EventSourceArn":"\#(LambdaWorld.queue)"}"#)
        #expect(refused["message"]?.stringValue == "Function does not exist")
    }
}
