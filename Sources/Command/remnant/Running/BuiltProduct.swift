internal import Foundation

/// An executable of the package in the current folder, built.
enum BuiltProduct {
  /// Builds it as `swift build` does; returns its path.
  static func path(named name: String, configuration: String?) throws -> String {
    let build = try PackageBuild(
      configuration.map { ["--configuration", $0] } ?? [],
      orElse: "name a program instead of --product"
    )
    // The program's own output stays clean.
    try build.run(
      ["--product", name],
      standardOutput: STDERR_FILENO,
      failure: { "the product '\(name)' doesn't build (status \($0)): nothing was run" },
      remedy: "; `swift package describe` lists the products"
    )
    return "\(try build.folder())/\(name)"
  }
}
