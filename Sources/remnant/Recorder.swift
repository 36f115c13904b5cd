internal import Foundation

/// Where the recorder's library is: beside the command, wherever both were put.
enum Recorder {
  static let fileName = "libRemnantRecorder.so"

  /// Nil where it is in none of the places that `searched` lists.
  static func path() -> String? {
    searched.first { access($0, R_OK) == 0 }
  }

  /// Beside the command (as the build leaves them), then as an installation lays them out.
  static var searched: [String] {
    guard
      let command = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    else { return [] }
    let directory = URL(fileURLWithPath: command).deletingLastPathComponent()
    return ["\(fileName)", "../lib/remnant/\(fileName)", "../lib/\(fileName)"].map {
      directory.appendingPathComponent($0).standardizedFileURL.path
    }
  }
}
