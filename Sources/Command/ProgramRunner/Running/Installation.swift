internal import Foundation

/// Where the parts of the tool are.
///
/// Beside the command, as the build leaves them, or as an installation lays them out, wherever that is.
package enum Installation {
  /// The places where a file may be, in order; folders are relative to the command's own.
  package static func candidates(_ fileName: String, in folders: [String]) -> [String] {
    guard
      let command = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    else { return [] }
    let directory = URL(fileURLWithPath: command).deletingLastPathComponent()
    return folders.map { folder in
      directory.appendingPathComponent(folder.isEmpty ? fileName : "\(folder)/\(fileName)")
        .standardizedFileURL.path
    }
  }
}
