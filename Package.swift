// swift-tools-version: 6.2
import PackageDescription

// Warnings are errors in CI and in the test command; whoever depends on the package is not held to that.
let strict: [SwiftSetting] = Context.environment["MLSERVING_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)]

let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ] + strict

// The tests of models compare hundreds of thousands of answers with those of reference programs: optimised in seconds, else in minutes.
let optimized: [SwiftSetting] =
    Context.environment["MLSERVING_STRICT"] == nil ? [] : [.unsafeFlags(["-O"], .when(configuration: .debug))]

// An async function stays on its caller's actor, and so on the transport's thread, unless it says otherwise.
let servingSettings = settings + [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]

let package = Package(
    name: "MLServing",
    products: [
        .library(name: "MLServing", targets: ["MLServing"]),
        .library(name: "MLServingHealth", targets: ["MLServingHealth", "PrometheusMetrics"]),
        .library(name: "MLServingTesting", targets: ["MLServingTesting"]),
        .library(name: "TextModels", targets: ["TextModels"]),
        .executable(name: "mlserving", targets: ["mlserving"]),
        .executable(name: "fasttext-consumer", targets: ["fasttext-consumer"]),
        .executable(name: "short-texts-clustering", targets: ["short-texts-clustering"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-service-context.git", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.6.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", from: "0.2.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        // C: module maps and shims, nothing else.
        .target(name: "CEventLoop"),
        .systemLibrary(name: "CRabbitMQ", pkgConfig: nil, providers: [.apt(["librabbitmq-dev"])]),
        .target(name: "CHiredis"),
        .target(name: "COpenSSL"),
        .systemLibrary(name: "CZstandard", pkgConfig: nil, providers: [.apt(["libzstd-dev"])]),

        // Ground: threads, and clients that know nothing of machine learning.
        .target(
            name: "EventLoop",
            dependencies: [
                "CEventLoop",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: servingSettings
        ),
        .target(name: "TLS", dependencies: ["COpenSSL"], swiftSettings: servingSettings),
        .target(name: "Compression", dependencies: ["CZstandard"], swiftSettings: servingSettings),
        .target(name: "Digests", dependencies: ["COpenSSL"], swiftSettings: servingSettings),
        .target(
            name: "RabbitMQ",
            dependencies: [
                "CRabbitMQ", "EventLoop", "TLS",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: servingSettings
        ),
        .target(
            name: "Redis",
            dependencies: [
                "CHiredis", "EventLoop", "TLS",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: servingSettings
        ),

        // Formats.
        .target(name: "JSON", swiftSettings: settings),
        .target(name: "MessagePack", swiftSettings: settings),
        .target(name: "Pickle", swiftSettings: settings),
        .target(name: "Tensors", dependencies: ["MessagePack", "Pickle"], swiftSettings: settings),

        // A backend of swift-metrics.
        .target(
            name: "PrometheusMetrics",
            dependencies: [.product(name: "CoreMetrics", package: "swift-metrics")],
            swiftSettings: settings
        ),

        // Serving.
        .target(
            name: "MLServingCore",
            dependencies: [
                "Compression", "Digests", "EventLoop", "JSON", "MessagePack", "Pickle",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceContextModule", package: "swift-service-context"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: servingSettings
        ),
        .target(name: "Celery", dependencies: ["EventLoop", "JSON", "MLServingCore", "Pickle"], swiftSettings: servingSettings),
        .target(
            name: "MLServing",
            dependencies: [
                "Celery", "EventLoop", "MLServingCore", "RabbitMQ", "Redis", "TLS", "Tensors",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: servingSettings
        ),
        // A product of its own: who wants no endpoint does not link it.
        .target(
            name: "MLServingHealth",
            dependencies: [
                "EventLoop", "JSON", "MLServing", "MLServingCore", "PrometheusMetrics",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: servingSettings
        ),
        .target(
            name: "MLServingTesting",
            dependencies: [
                "EventLoop", "MLServingCore",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: servingSettings
        ),

        // Models, and programs that serve and use them.
        .target(name: "TextModels", swiftSettings: settings + optimized),
        // What all programs share: arguments, output, errors and exit codes, logs. No product: libraries do not need it.
        .target(
            name: "ServingProgram",
            dependencies: [
                "JSON", "MLServing", "MLServingHealth", "TextModels",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "mlserving",
            dependencies: [
                "FastTextEmbedding", "JSON", "MLServing", "MLServingHealth", "MessagePack", "Pickle", "PrometheusMetrics",
                "ServingProgram", "TextModels",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "FastTextEmbedding",
            dependencies: [
                "MLServing", "TextModels",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Sources/Examples/FastTextEmbedding",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "fasttext-consumer",
            dependencies: [
                "FastTextEmbedding", "MLServing", "MLServingHealth", "PrometheusMetrics", "ServingProgram", "TextModels",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Sources/Examples/FastTextConsumer",
            swiftSettings: settings
        ),
        .target(
            name: "TextClusteringService",
            dependencies: [
                "EventLoop", "JSON", "MLServing", "MLServingCore", "MLServingHealth", "TextModels",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Examples/TextClusteringService",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "short-texts-clustering",
            dependencies: [
                "FastTextEmbedding", "MLServing", "MLServingHealth", "ServingProgram", "TextClusteringService", "TextModels",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Examples/ShortTextsClustering",
            swiftSettings: settings
        ),

        // Tests, one target for each of the above.
        .testTarget(name: "EventLoopTests", dependencies: ["EventLoop"], swiftSettings: settings),
        .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: settings),
        .testTarget(name: "MessagePackTests", dependencies: ["MessagePack"], swiftSettings: settings),
        .testTarget(name: "PickleTests", dependencies: ["Pickle"], swiftSettings: settings),
        .testTarget(name: "TensorsTests", dependencies: ["MessagePack", "Pickle", "Tensors"], swiftSettings: settings),
        .testTarget(name: "TLSTests", dependencies: ["TLS"], swiftSettings: settings),
        .testTarget(name: "CompressionTests", dependencies: ["Compression"], swiftSettings: settings),
        .testTarget(name: "DigestsTests", dependencies: ["Digests"], swiftSettings: settings),
        .testTarget(
            name: "PrometheusMetricsTests",
            dependencies: ["PrometheusMetrics", .product(name: "CoreMetrics", package: "swift-metrics")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RabbitMQTests",
            dependencies: ["EventLoop", "MLServingTesting", "RabbitMQ", "TLS", .product(name: "Logging", package: "swift-log")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RedisTests",
            dependencies: ["EventLoop", "Redis", "TLS", .product(name: "Logging", package: "swift-log")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MLServingCoreTests",
            dependencies: [
                "Compression", "Digests", "EventLoop", "JSON", "MLServingCore", "MLServingTesting",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            swiftSettings: servingSettings
        ),
        .testTarget(name: "CeleryTests", dependencies: ["Celery", "JSON", "MLServingCore"], swiftSettings: settings),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "EventLoop", "MLServingCore", "MLServingTesting",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
            ],
            swiftSettings: servingSettings
        ),
        .testTarget(
            name: "MLServingTests",
            dependencies: [
                "EventLoop", "MLServing", "MLServingTesting", "Redis", "mlserving",
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: ["Adversary/Programs"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "MLServingHealthTests",
            dependencies: [
                "EventLoop", "MLServing", "MLServingHealth", "PrometheusMetrics",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: servingSettings
        ),
        .testTarget(
            name: "ClusterTests",
            dependencies: [
                "EventLoop", "MLServing", "MLServingTesting", "RabbitMQ", "Redis",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .testTarget(name: "TextModelsTests", dependencies: ["TextModels"], swiftSettings: settings),
        .testTarget(
            name: "ExamplesTests",
            dependencies: [
                "FastTextEmbedding", "JSON", "MLServing", "MLServingHealth", "TextClusteringService", "TextModels",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "CompatibilityTests",
            dependencies: ["MLServing", "fasttext-consumer", "mlserving", .product(name: "Logging", package: "swift-log")],
            exclude: ["Programs"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "CommandLineTests",
            dependencies: [
                "JSON", "MLServing", "MessagePack", "Pickle", "ServingProgram", "fasttext-consumer", "mlserving", "short-texts-clustering",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
    ]
)

// What the package in Fuzzing/ reaches, and no user of this one needs.
if Context.environment["MLSERVING_FUZZING"] != nil {
    package.products.append(
        .library(
            name: "Decoders",
            targets: ["JSON", "MLServing", "MLServingCore", "MessagePack", "Pickle", "RabbitMQ", "Redis", "Tensors", "TextModels"]))
}

// What the package in Benchmarks/ reaches.
if Context.environment["MLSERVING_BENCHMARKS"] != nil {
    package.products.append(.library(name: "Core", targets: ["JSON", "MLServingCore", "MessagePack", "Tensors"]))
}

// What run_sanitizers.sh looks at. Everything else would only be built again, once for each sanitizer.
if Context.environment["MLSERVING_CORE_ONLY"] != nil {
    let core: Set = [
        "CEventLoop", "CRabbitMQ", "CHiredis", "COpenSSL", "CZstandard", "Compression", "Digests", "EventLoop", "TLS", "RabbitMQ", "Redis",
        "JSON", "MessagePack", "Pickle", "Tensors", "MLServingCore", "MLServingTesting", "Simulation", "TextModels",
    ]
    package.targets.removeAll { !core.contains($0.name) && !core.map { $0 + "Tests" }.contains($0.name) }
    package.products.removeAll { !core.contains($0.name) }
}
