internal import Foundation

/// Where the recorder's library is.
package enum Recorder {
  package static let fileName = "libRemnantRecorder.so"

  /// Nil where it is in none of the places that `searched` lists.
  package static func path() -> String? {
    searched.first { access($0, R_OK) == 0 }
  }

  /// The same file under a name that `LD_PRELOAD` can hold, which takes spaces and colons for ends of names.
  ///
  /// It is good as long as this process lives, and leaves nothing behind.
  static func preloadName(of path: String) -> String {
    guard path.contains(where: { " :\t\n".contains($0) }) else { return path }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    return descriptor < 0 ? path : "/proc/\(getpid())/fd/\(descriptor)"
  }

  package static var searched: [String] {
    Installation.candidates(fileName, in: ["", "../lib/remnant", "../lib"])
  }
}
