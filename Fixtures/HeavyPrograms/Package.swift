// swift-tools-version: 6.3
import PackageDescription

// A real program whose packages take too long to build for every run of CI: a check by hand, see
// `Fixtures/RealPrograms/README.md`.
let package = Package(
  name: "HeavyPrograms",
  dependencies: [
    .package(path: "../RealPrograms"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
  ],
  targets: [
    .executableTarget(
      name: "ShopService",
      dependencies: [
        .product(name: "Census", package: "RealPrograms"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
      ],
      swiftSettings: [.enableUpcomingFeature("ExistentialAny")]
    )
  ],
  swiftLanguageModes: [.v6]
)
