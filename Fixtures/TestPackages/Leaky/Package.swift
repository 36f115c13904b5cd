// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "Leaky",
  targets: [
    .target(name: "Ring"),
    .testTarget(name: "RingTests", dependencies: ["Ring"]),
  ]
)
