// swift-tools-version: 6.3
import PackageDescription

// A package of its own: whoever depends on Remnant builds none of this.
let package = Package(
  name: "RemnantFixtures",
  targets: [.executableTarget(name: "RemnantFixtures")],
  // Several scenarios are mistakes that the Swift 6 mode would refuse.
  swiftLanguageModes: [.v5]
)
