// swift-tools-version: 6.3
import PackageDescription

let package = Package(
  name: "RemnantBenchmarks",
  targets: [
    // What is measured: built as a user's package is, with frame pointers.
    .executableTarget(name: "Requests"),
    .executableTarget(name: "DistinctStacks"),
    .executableTarget(name: "ManyObjects"),
    // What measures.
    .executableTarget(name: "compare"),
  ],
  swiftLanguageModes: [.v6]
)
