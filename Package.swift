// swift-tools-version: 6.2
import PackageDescription

/// What every target is compiled with: Swift 6 mode, no implicit imports, no warnings.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

func module(_ name: String, _ dependencies: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies.map { .byName(name: $0) }, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [String]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies.map { .byName(name: $0) }, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [String]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies.map { .byName(name: $0) },
        exclude: excludedFromTests[name] ?? [], swiftSettings: strict)
}

/// Folders of a test target that hold data for its tests instead of Swift.
let excludedFromTests: [String: [String]] = [
    "CloudWatchServiceTests": ["Golden"],
    "DynamoDBServiceTests": ["Golden"],
    "EventsServiceTests": ["Golden"],
    "IAMServiceTests": ["Golden"],
    "IdentityServiceTests": ["Golden"],
    "KinesisServiceTests": ["Golden"],
    "LambdaServiceTests": ["Golden"],
    "LogsServiceTests": ["Golden"],
    "S3ServiceTests": ["Golden"],
    "SNSServiceTests": ["Golden"],
    "SQSServiceTests": ["Golden"],
]

func system(_ name: String, _ pkgConfig: String, _ debianPackage: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([debianPackage])])
}

let systemLibraries: [Target] = [
    system("CSQLite", "sqlite3", "libsqlite3-dev"),
    system("CCrypto", "libcrypto", "libssl-dev"),
    system("CYAML", "yaml-0.1", "libyaml-dev"),
    system("CCBOR", "libcbor", "libcbor-dev"),
    system("CNGHTTP2", "libnghttp2", "libnghttp2-dev"),
    system("CCurl", "libcurl", "libcurl4-openssl-dev"),
    system("CExpat", "expat", "libexpat1-dev"),
    system("CZLib", "zlib", "zlib1g-dev"),
    system("CZip", "libzip", "libzip-dev"),
    .target(name: "CShim"),
]

let pureModules: [Target] = [
    module("ByteCoding"),
    module("EventModel", ["ByteCoding"]),
    module("MappingCore", ["EventModel", "ByteCoding"]),
]

let shells: [Target] = [
    module("Digest", ["CCrypto"]),
    module("CodeArchive", ["CZip"]),
    module("Telemetry"),
    module("SQLite", ["CSQLite"]),
    module("Metering", ["EventModel"]),
    module(
        "EventStore", ["SQLite", "MappingCore", "EventModel", "ByteCoding", "Digest", "Metering", "CShim"]),
    module("HTTP", ["CShim", "CNGHTTP2"]),
    module("HTTPClient", ["CCurl"]),
    module("RuntimeAPI", ["HTTP", "CShim", "EventModel", "ByteCoding", "Telemetry", "Metering"]),
    module("Template", ["CYAML", "EventModel", "ByteCoding"]),
    module(
        "MappingEngine",
        [
            "RuntimeAPI", "EventStore", "MappingCore", "EventModel", "ByteCoding", "HTTP", "Telemetry",
            "Digest", "Metering",
        ]),
]

let wire: [String] = ["AWSWire", "HTTP", "EventStore", "EventModel", "ByteCoding", "Digest"]

let services: [Target] = [
    module("AWSWire", ["HTTP", "EventModel", "ByteCoding", "Digest", "CCBOR", "CZLib"]),
    module("SQSService", wire),
    module("KinesisService", wire),
    module("DynamoDBService", wire),
    module("LambdaService", wire + ["CodeArchive"]),
    module("IdentityService", wire),
    module("IAMService", wire),
    module("S3Service", wire + ["CExpat", "CZLib"]),
    module("SNSService", wire + ["HTTPClient"]),
    module("EventsService", wire + ["MappingCore"]),
    module("CloudWatchService", wire + ["Metering"]),
    module("LogsService", wire + ["RuntimeAPI"]),
]

let programs: [Target] = [
    program(
        "millrace",
        wire + [
            "SQSService", "KinesisService", "DynamoDBService", "LambdaService", "IdentityService",
            "IAMService", "S3Service", "SNSService", "EventsService",
            "MappingEngine", "RuntimeAPI", "Template", "Telemetry", "HTTPClient", "CShim",
            "Metering", "CloudWatchService", "LogsService",
        ]),
    program("millrace-bench", ["SQLite", "CSQLite", "ByteCoding", "CShim"]),
]

let testSupport: [Target] = [
    module("Simulation", ["MappingCore", "EventModel", "ByteCoding"]),
    module("WireTesting", wire),
]

let storeTests: [String] = ["EventStore", "SQLite", "EventModel", "ByteCoding", "Metering"]
let serviceTests: [String] = wire + ["SQLite", "WireTesting"]

let testTargets: [Target] = [
    tests("ByteCodingTests", ["ByteCoding"]),
    tests("EventModelTests", ["EventModel", "ByteCoding"]),
    tests("MappingCoreTests", ["MappingCore", "EventModel", "ByteCoding", "Simulation"]),
    tests("SimulationTests", ["MappingCore", "EventModel", "ByteCoding", "Simulation"]),
    tests("DigestTests", ["Digest"]),
    tests("CodeArchiveTests", ["CodeArchive"]),
    tests("TelemetryTests", ["Telemetry"]),
    tests("MeteringTests", ["Metering", "EventModel"]),
    tests("SQLiteTests", ["SQLite"]),
    tests("EventStoreTests", storeTests),
    tests("HTTPTests", ["HTTP", "CShim", "CNGHTTP2"]),
    tests(
        "RuntimeAPITests",
        ["RuntimeAPI", "HTTP", "EventModel", "ByteCoding", "Telemetry", "CShim", "Metering"]),
    tests("TemplateTests", ["Template", "EventModel", "ByteCoding"]),
    tests("AWSWireTests", wire + ["CZLib"]),
    tests("SQSServiceTests", serviceTests + ["SQSService"]),
    tests("SNSServiceTests", serviceTests + ["SNSService", "SQSService"]),
    tests(
        "EventsServiceTests",
        serviceTests + ["EventsService", "SQSService", "SNSService", "KinesisService"]),
    tests("KinesisServiceTests", serviceTests + ["KinesisService"]),
    tests("DynamoDBServiceTests", serviceTests + ["DynamoDBService", "Simulation"]),
    tests("LambdaServiceTests", serviceTests + ["LambdaService", "CodeArchive"]),
    tests("LogsServiceTests", serviceTests + ["LogsService", "RuntimeAPI"]),
    tests("IAMServiceTests", serviceTests + ["IAMService"]),
    tests("IdentityServiceTests", serviceTests + ["IdentityService"]),
    tests("S3ServiceTests", serviceTests + ["S3Service"]),
    tests("CloudWatchServiceTests", serviceTests + ["CloudWatchService", "Metering"]),
    tests(
        "MappingEngineTests",
        [
            "MappingEngine", "EventModel", "EventStore", "ByteCoding", "HTTP", "Metering", "RuntimeAPI",
            "Telemetry",
        ]),
    tests("EndToEndTests", ["ByteCoding", "EventModel", "HTTPClient", "MappingCore"]),
    tests(
        "MillraceTests",
        ["millrace", "ByteCoding", "EventModel", "EventStore", "Template", "AWSWire", "HTTP", "HTTPClient"]),
    tests("TidyTests", []),
]

let package = Package(
    name: "millrace",
    products: [
        .executable(name: "millrace", targets: ["millrace"]),
        .executable(name: "millrace-bench", targets: ["millrace-bench"]),
    ],
    targets: systemLibraries + pureModules + shells + services + programs + testSupport
        + testTargets
)
