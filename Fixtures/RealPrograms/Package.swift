// swift-tools-version: 6.3
import PackageDescription

// Programs as people write them, on public packages: see the README beside this file. A package of
// its own, because the fixtures depend on nothing, and because building these takes minutes.
let package = Package(
  name: "RealPrograms",
  products: [
    // For `HeavyPrograms`.
    .library(name: "Census", targets: ["Census"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/OpenCombine/OpenCombine", from: "0.14.0"),
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
  ],
  targets: [
    .target(name: "Census"),
    .executableTarget(
      name: "EchoServer",
      dependencies: [
        "Census",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ]
    ),
    .executableTarget(
      name: "Database",
      dependencies: ["Census", .product(name: "GRDB", package: "GRDB.swift")]
    ),
    .executableTarget(
      name: "Pipelines",
      dependencies: [
        "Census", "OpenCombine",
        .product(name: "OpenCombineDispatch", package: "OpenCombine"),
      ]
    ),
    .executableTarget(
      name: "WebServer",
      dependencies: [
        "Census", "FlyingFox",
        .product(name: "FlyingSocks", package: "FlyingFox"),
      ]
    ),
  ],
  swiftLanguageModes: [.v6]
)

for target in package.targets {
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ]
}
