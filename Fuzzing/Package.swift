// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// Built by run_fuzzing.sh only, which sets MLSERVING_FUZZING and the sanitizers. docs/fuzzing.md tells the rest.
let package = Package(
    name: "Fuzzing",
    dependencies: [.package(name: "MLServing", path: "..")],
    targets: [
        .target(name: "CFuzzing"),
        // The files of the clustering example that read JSON, without the web server around them.
        .target(name: "ClusteringTexts", dependencies: [.product(name: "Decoders", package: "MLServing")], swiftSettings: settings),
        .executableTarget(
            name: "fuzz",
            dependencies: ["CFuzzing", "ClusteringTexts", .product(name: "Decoders", package: "MLServing")],
            path: "Sources/Fuzz",
            swiftSettings: settings
        ),
    ]
)
