/// The bounds of functions and layers (Lambda quotas, where nothing else is said).
package enum FunctionLimits {
    /// A zip file within a request.
    package static let zippedBytes = 52_428_800
    /// Code and layers of a function together, unpacked; must be smaller.
    package static let unzippedBytes = 262_144_000
    /// A whole request to create or update (Lambda's own text).
    package static let requestBytes = 70_167_211
    /// Layers of one function.
    package static let layers = 5
    /// Names and values of all variables together.
    package static let environmentBytes = 4_096
    /// Code of all functions and layers of an account in a region; told by `GetAccountSettings`.
    package static let accountCodeBytes = 80_530_636_800
    /// A resource policy.
    package static let policyBytes = 20_480
    package static let tags = 50
    /// Entries of one package (our own; AWS has no published number): a bomb may be many small files too.
    package static let packageEntries = 65_536
    /// The runtimes that AWS takes for new functions, and what replaced ones are called.
    package static let runtimes: [String] = [
        "nodejs18.x", "nodejs20.x", "nodejs22.x", "nodejs24.x", "python3.9", "python3.10", "python3.11",
        "python3.12", "python3.13", "python3.14", "java8.al2", "java11", "java17", "java21", "java25",
        "dotnet8", "dotnet10", "ruby3.2", "ruby3.3", "ruby3.4", "provided.al2", "provided.al2023",
    ]
    package static let retiredRuntimes: [String] = [
        "nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x",
        "nodejs14.x", "nodejs16.x", "java8", "python2.7", "python3.6", "python3.7", "python3.8",
        "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "dotnet6", "go1.x", "ruby2.5",
        "ruby2.7", "provided",
    ]

    /// Variables that belong to the Runtime API (Lambda developer guide, "Reserved environment variables").
    package static let reservedVariables: Set<String> = [
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    ]
}

/// How much concurrency functions may reserve.
package enum ReservedConcurrency {
    /// What has to remain for functions without a reservation: AWS's 100 of its 1,000, a tenth of a smaller limit.
    package static func unreservedMinimum(ofLimit limit: Int) -> Int { min(100, limit / 10) }
}
