// swift-tools-version: 6.3
import PackageDescription

// A package of its own: the programs that Remnant looks at must not be built with, or know of,
// anything of Remnant's.
let package = Package(
  name: "Fixtures",
  targets: [
    .executableTarget(name: "RemnantServer"),
    // Counts in static memory, out of the optimiser's sight.
    .target(name: "CCensus"),
    .executableTarget(
      name: "RemnantFixtures",
      dependencies: ["CCensus"],
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ]
    ),
  ],
  swiftLanguageModes: [.v6]
)
