internal import Foundation
internal import LeakReports

/// An executable of the package in the current folder, built.
package enum BuiltProduct {
  /// Builds it as `swift build` does; returns its path.
  package static func path(named name: String, configuration: String?) throws -> String {
    let build = try PackageBuild(
      configuration.map { ["--configuration", $0] } ?? [],
      orElse: "name a program instead of --product"
    )
    do {
      // The program's own output stays clean.
      try build.run(
        ["--product", name],
        standardOutput: STDERR_FILENO,
        failure: { "the product '\(name)' doesn't build (status \($0)): nothing was run" }
      )
    } catch let error as SessionError {
      throw missing(name) ?? error
    }
    return "\(try build.folder())/\(name)"
  }

  /// That there is no such product: the build failed for that, and not for what is wrong in a source.
  private static func missing(_ name: String) -> SessionError? {
    guard let products = try? executables(), !products.contains(name) else { return nil }
    guard !products.isEmpty else {
      return SessionError(
        message: "the package has no product '\(name)', nor any other that can be run",
        remedy: "to examine its tests: remnant test"
      )
    }
    return SessionError(
      message: "the package has no executable product '\(name)'"
        + Suggestion.question(of: name, among: products),
      remedy: "it has \(products.joined(separator: ", "))"
    )
  }

  private static func executables() throws -> [String] {
    struct Description: Decodable {
      struct Product: Decodable {
        var name: String
        var type: [String: String?]
      }
      var products: [Product]
    }
    let text = try Command(["swift", "package", "describe", "--type", "json"]).output(
      hidingErrors: true
    )
    let description = try JSONDecoder().decode(Description.self, from: Data(text.utf8))
    return description.products.filter { $0.type.keys.contains("executable") }.map(\.name).sorted()
  }
}
