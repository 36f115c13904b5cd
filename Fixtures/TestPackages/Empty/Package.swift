// swift-tools-version: 6.0
import PackageDescription

let package = Package(name: "Empty", targets: [.target(name: "Empty")])
