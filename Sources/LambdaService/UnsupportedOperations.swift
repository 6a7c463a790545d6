/// Operations of Lambda that Millrace does not have (yet): known, so that the answer can name them.
enum UnsupportedOperations {
    static var routes: [(method: String, path: String, operation: String)] {
        functions + configuration
    }

    private static let functions: [(method: String, path: String, operation: String)] = [
        ("POST", "/2015-03-31/functions/{FunctionName}/invocations", "Invoke"),
        ("POST", "/2014-11-13/functions/{FunctionName}/invoke-async", "InvokeAsync"),
        (
            "POST", "/2021-11-15/functions/{FunctionName}/response-streaming-invocations",
            "InvokeWithResponseStream"
        ),
    ]

    private static let configuration: [(method: String, path: String, operation: String)] = [
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
            "PUT", "/2020-06-30/functions/{FunctionName}/code-signing-config",
            "PutFunctionCodeSigningConfig"
        ),
        (
            "DELETE", "/2020-06-30/functions/{FunctionName}/code-signing-config",
            "DeleteFunctionCodeSigningConfig"
        ),
        ("POST", "/2020-04-22/code-signing-configs", "CreateCodeSigningConfig"),
        ("GET", "/2020-04-22/code-signing-configs", "ListCodeSigningConfigs"),
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
}
