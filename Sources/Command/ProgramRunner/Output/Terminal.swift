package import Foundation
internal import Glibc
internal import LeakReports

/// What is known of where a report is shown.
package struct Terminal {
  package let descriptor: Int32

  package static let standardOutput = Terminal(descriptor: STDOUT_FILENO)
  package static let standardError = Terminal(descriptor: STDERR_FILENO)

  package var isInteractive: Bool { isatty(descriptor) == 1 }

  /// Columns: the terminal's own, at most 120; 80 where there is none.
  package var width: Int {
    var size = winsize()
    guard isInteractive, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return 80
    }
    return min(Int(size.ws_col), 120)
  }

  /// Whether the locale shows more than ASCII; files and pipes get UTF-8.
  package var showsUnicode: Bool {
    guard isInteractive else { return true }
    let environment = ProcessInfo.processInfo.environment
    let locale =
      [environment["LC_ALL"], environment["LC_CTYPE"], environment["LANG"]]
      .compactMap { $0 }.first { !$0.isEmpty } ?? ""
    let folded = locale.lowercased()
    return folded.hasSuffix("utf-8") || folded.hasSuffix("utf8")
  }

  /// Whether a line can be drawn again.
  var movesItsCursor: Bool {
    isInteractive && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  /// Colour on a terminal only, and not where the user asked for none (no-color.org).
  package var showsColour: Bool {
    movesItsCursor && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty
  }

  /// Tells somebody something: where nobody reads it, or the disk is full, there is no one to tell.
  package func write(_ text: String) { write(Data(text.utf8)) }

  package func write(_ data: Data) { try? AtomicFile.write(Array(data), toOpen: descriptor) }

  /// Prints what was asked for: a full disk is an error, a reader that has read enough (`| head`) is none.
  package func writeResult(_ text: String) throws {
    try AtomicFile.write(Array(text.utf8), toOpen: descriptor)
  }
}
