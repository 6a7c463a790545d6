/// Operations of Lambda that Millrace does not have (yet): known, so that the answer can name them.
enum UnsupportedOperations {
    static var routes: [(method: String, path: String, operation: String)] {
        functions + configuration + layers
    }

    private static let functions: [(method: String, path: String, operation: String)] = [
        ("POST", "/2015-03-31/functions", "CreateFunction"),
        ("DELETE", "/2015-03-31/functions/{FunctionName}", "DeleteFunction"),
        ("PUT", "/2015-03-31/functions/{FunctionName}/code", "UpdateFunctionCode"),
        ("PUT", "/2015-03-31/functions/{FunctionName}/configuration", "UpdateFunctionConfiguration"),
        ("POST", "/2015-03-31/functions/{FunctionName}/invocations", "Invoke"),
        ("POST", "/2014-11-13/functions/{FunctionName}/invoke-async", "InvokeAsync"),
        (
            "POST", "/2021-11-15/functions/{FunctionName}/response-streaming-invocations",
            "InvokeWithResponseStream"
        ),
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
    ]

    private static let configuration: [(method: String, path: String, operation: String)] = [
        ("GET", "/2019-09-30/functions/{FunctionName}/concurrency", "GetFunctionConcurrency"),
        ("PUT", "/2017-10-31/functions/{FunctionName}/concurrency", "PutFunctionConcurrency"),
        ("DELETE", "/2017-10-31/functions/{FunctionName}/concurrency", "DeleteFunctionConcurrency"),
        ("GET", "/2019-09-25/functions/{FunctionName}/event-invoke-config", "GetFunctionEventInvokeConfig"),
        ("PUT", "/2019-09-25/functions/{FunctionName}/event-invoke-config", "PutFunctionEventInvokeConfig"),
        (
            "POST", "/2019-09-25/functions/{FunctionName}/event-invoke-config",
            "UpdateFunctionEventInvokeConfig"
        ),
        (
            "DELETE", "/2019-09-25/functions/{FunctionName}/event-invoke-config",
            "DeleteFunctionEventInvokeConfig"
        ),
        (
            "GET", "/2019-09-25/functions/{FunctionName}/event-invoke-config/list",
            "ListFunctionEventInvokeConfigs"
        ),
        (
            "GET", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency",
            "GetProvisionedConcurrencyConfig"
        ),
        (
            "PUT", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency",
            "PutProvisionedConcurrencyConfig"
        ),
        (
            "DELETE", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency",
            "DeleteProvisionedConcurrencyConfig"
        ),
        ("GET", "/2021-10-31/functions/{FunctionName}/url", "GetFunctionUrlConfig"),
        ("POST", "/2021-10-31/functions/{FunctionName}/url", "CreateFunctionUrlConfig"),
        ("PUT", "/2021-10-31/functions/{FunctionName}/url", "UpdateFunctionUrlConfig"),
        ("DELETE", "/2021-10-31/functions/{FunctionName}/url", "DeleteFunctionUrlConfig"),
        ("GET", "/2021-10-31/functions/{FunctionName}/urls", "ListFunctionUrlConfigs"),
        (
            "GET", "/2020-06-30/functions/{FunctionName}/code-signing-config",
            "GetFunctionCodeSigningConfig"
        ),
        ("GET", "/2024-08-31/functions/{FunctionName}/recursion-config", "GetFunctionRecursionConfig"),
        ("PUT", "/2024-08-31/functions/{FunctionName}/recursion-config", "PutFunctionRecursionConfig"),
        (
            "GET", "/2021-07-20/functions/{FunctionName}/runtime-management-config",
            "GetRuntimeManagementConfig"
        ),
        (
            "PUT", "/2021-07-20/functions/{FunctionName}/runtime-management-config",
            "PutRuntimeManagementConfig"
        ),
    ]

    private static let layers: [(method: String, path: String, operation: String)] = [
        ("GET", "/2018-10-31/layers", "ListLayers"),
        ("GET", "/2018-10-31/layers/{LayerName}/versions", "ListLayerVersions"),
        ("POST", "/2018-10-31/layers/{LayerName}/versions", "PublishLayerVersion"),
        ("GET", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}", "GetLayerVersion"),
        ("DELETE", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}", "DeleteLayerVersion"),
    ]
}
