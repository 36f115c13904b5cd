// swift-tools-version: 6.3
import PackageDescription

let package = Package(
  name: "RemnantBenchmarks",
  dependencies: [.package(name: "Remnant", path: "..")],
  targets: [
    // What is measured: built as a user's package is, with frame pointers.
    .executableTarget(name: "Requests"),
    .executableTarget(name: "DistinctStacks"),
    .executableTarget(name: "ManyObjects"),
    // What measures.
    .target(name: "Measuring"),
    .executableTarget(name: "compare", dependencies: ["Measuring"]),
    .executableTarget(name: "truth", dependencies: ["Measuring"]),
    // What a check in a test costs.
    .executableTarget(
      name: "test-helpers",
      dependencies: [
        .product(name: "Remnant", package: "Remnant"),
        .product(name: "RemnantTesting", package: "Remnant"),
      ]
    ),
    // Weak references beside Swift's own collections and CPython's.
    .target(name: "CMalloc"),
    .executableTarget(
      name: "weak-references",
      dependencies: ["CMalloc", .product(name: "WeakReferences", package: "Remnant")],
      exclude: ["python.py"]
    ),
  ],
  swiftLanguageModes: [.v6]
)
