internal import Foundation

/// What `swift build` makes of the package in the current folder.
package struct PackageBuild {
  private let command: [String]

  /// - Parameters:
  ///   - arguments: for `swift build`.
  ///   - alternative: what the user can do instead of going to a package's folder.
  /// - Throws: `SessionError` where this folder isn't a package's.
  package init(_ arguments: [String], orElse alternative: String) throws {
    guard FileManager.default.fileExists(atPath: "Package.swift") else {
      throw SessionError(
        message: "there is no Package.swift in \(FileManager.default.currentDirectoryPath)",
        remedy: "go to the package's folder, or \(alternative)"
      )
    }
    guard Self.isInPath("swift") else {
      throw SessionError(
        message: "there is no 'swift' in PATH, which builds the package",
        remedy: "add the toolchain: export PATH=/path/to/toolchain/usr/bin:$PATH"
      )
    }
    command = ["swift", "build"] + arguments
  }

  private static func isInPath(_ name: String) -> Bool {
    let folders = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return folders.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
  }

  /// Builds one thing.
  ///
  /// - Parameters:
  ///   - arguments: which.
  ///   - standardOutput: where the compiler's output goes; nil for the tool's own.
  ///   - failure: what its failure is called, from the status.
  /// - Throws: `SessionError` where it fails.
  package func run(
    _ arguments: [String] = [],
    standardOutput: Int32? = nil,
    failure: (Int32) -> String
  ) throws {
    let status = try Command(command + arguments).run(standardOutput: standardOutput)
    guard status == 0 else {
      throw SessionError(
        message: failure(status),
        remedy: "fix the errors above"
      )
    }
  }

  /// Where what was built lies.
  package func folder() throws -> String {
    try Command(command + ["--show-bin-path"]).output()
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
