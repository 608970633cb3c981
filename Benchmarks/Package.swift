// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// Built by micro.sh and texts.sh only, which set MLSERVING_BENCHMARKS. docs/benchmarks.md tells the rest.
let package = Package(
    name: "Benchmarks",
    dependencies: [
        .package(name: "MLServing", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
    ],
    targets: [
        .target(name: "CAllocations"),
        // The batch former's own source files, by links: it is no part of what the library offers.
        .target(
            name: "Batching",
            dependencies: [.product(name: "DequeModule", package: "swift-collections")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "micro-benchmarks",
            dependencies: [
                "Batching", "CAllocations",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Core", package: "MLServing"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Sources/MicroBenchmarks",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "text-benchmarks",
            dependencies: [
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "TextModels", package: "MLServing"),
            ],
            path: "Sources/TextBenchmarks",
            swiftSettings: settings
        ),
    ]
)
