internal import Foundation

/// An executable of the package in the current folder, built.
enum BuiltProduct {
  /// Builds it as `swift build` does; returns its path.
  static func path(named name: String, configuration: String?) throws -> String {
    guard FileManager.default.fileExists(atPath: "Package.swift") else {
      throw SessionError(
        message: "there is no Package.swift in \(FileManager.default.currentDirectoryPath)",
        remedy: "go to the package's folder, or name a program instead of --product"
      )
    }
    let build = ["swift", "build"] + (configuration.map { ["--configuration", $0] } ?? [])
    // The program's own output stays clean.
    let status = try Command(build + ["--product", name]).run(standardOutput: STDERR_FILENO)
    guard status == 0 else {
      throw SessionError(
        message: "the product '\(name)' doesn't build (status \(status)): nothing was run",
        remedy: "fix what the compiler says above; `swift package describe` lists the products"
      )
    }
    let folder = try Command(build + ["--show-bin-path"]).output()
      .trimmingCharacters(in: .whitespacesAndNewlines)
    return "\(folder)/\(name)"
  }
}
