internal import Foundation

/// Where the recorder's library is.
enum Recorder {
  static let fileName = "libRemnantRecorder.so"

  /// Nil where it is in none of the places that `searched` lists.
  static func path() -> String? {
    searched.first { access($0, R_OK) == 0 }
  }

  static var searched: [String] {
    Installation.candidates(fileName, in: ["", "../lib/remnant", "../lib"])
  }
}
