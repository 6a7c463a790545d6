import AWSWire

/// The operations of Lambda that Millrace has, with their paths.
enum Operations {
    typealias Route = (method: String, path: String, operation: String)

    static var routes: [Route] { functions + layers + mappings }

    private static let functions: [Route] = [
        ("POST", "/2015-03-31/functions", "CreateFunction"),
        ("GET", "/2015-03-31/functions", "ListFunctions"),
        ("GET", "/2015-03-31/functions/{FunctionName}", "GetFunction"),
        ("DELETE", "/2015-03-31/functions/{FunctionName}", "DeleteFunction"),
        ("PUT", "/2015-03-31/functions/{FunctionName}/code", "UpdateFunctionCode"),
        ("GET", "/2015-03-31/functions/{FunctionName}/configuration", "GetFunctionConfiguration"),
        ("PUT", "/2015-03-31/functions/{FunctionName}/configuration", "UpdateFunctionConfiguration"),
        ("GET", "/2015-03-31/functions/{FunctionName}/versions", "ListVersionsByFunction"),
        ("POST", "/2015-03-31/functions/{FunctionName}/versions", "PublishVersion"),
        ("GET", "/2015-03-31/functions/{FunctionName}/aliases", "ListAliases"),
        ("POST", "/2015-03-31/functions/{FunctionName}/aliases", "CreateAlias"),
        ("GET", "/2015-03-31/functions/{FunctionName}/aliases/{Name}", "GetAlias"),
        ("PUT", "/2015-03-31/functions/{FunctionName}/aliases/{Name}", "UpdateAlias"),
        ("DELETE", "/2015-03-31/functions/{FunctionName}/aliases/{Name}", "DeleteAlias"),
        ("GET", "/2015-03-31/functions/{FunctionName}/policy", "GetPolicy"),
        ("POST", "/2015-03-31/functions/{FunctionName}/policy", "AddPermission"),
        ("DELETE", "/2015-03-31/functions/{FunctionName}/policy/{StatementId}", "RemovePermission"),
        ("GET", "/2016-08-19/account-settings", "GetAccountSettings"),
        ("GET", "/2019-09-30/functions/{FunctionName}/concurrency", "GetFunctionConcurrency"),
        ("PUT", "/2017-10-31/functions/{FunctionName}/concurrency", "PutFunctionConcurrency"),
        ("DELETE", "/2017-10-31/functions/{FunctionName}/concurrency", "DeleteFunctionConcurrency"),
        ("GET", "/2020-06-30/functions/{FunctionName}/code-signing-config", "GetFunctionCodeSigningConfig"),
    ]

    private static let layers: [Route] = [
        ("GET", "/2018-10-31/layers", "ListLayers"),
        ("GET", "/2018-10-31/layers/{LayerName}/versions", "ListLayerVersions"),
        ("POST", "/2018-10-31/layers/{LayerName}/versions", "PublishLayerVersion"),
        ("GET", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}", "GetLayerVersion"),
        ("DELETE", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}", "DeleteLayerVersion"),
        ("GET", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy", "GetLayerVersionPolicy"),
        (
            "POST", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy",
            "AddLayerVersionPermission"
        ),
        (
            "DELETE", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy/{StatementId}",
            "RemoveLayerVersionPermission"
        ),
    ]

    private static let mappings: [Route] = [
        ("POST", "/2015-03-31/event-source-mappings", "CreateEventSourceMapping"),
        ("GET", "/2015-03-31/event-source-mappings", "ListEventSourceMappings"),
        ("GET", "/2015-03-31/event-source-mappings/{UUID}", "GetEventSourceMapping"),
        ("PUT", "/2015-03-31/event-source-mappings/{UUID}", "UpdateEventSourceMapping"),
        ("DELETE", "/2015-03-31/event-source-mappings/{UUID}", "DeleteEventSourceMapping"),
        ("GET", "/2017-03-31/tags/{ARN+}", "ListTags"),
        ("POST", "/2017-03-31/tags/{ARN+}", "TagResource"),
        ("DELETE", "/2017-03-31/tags/{ARN+}", "UntagResource"),
    ]
}
