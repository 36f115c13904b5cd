internal import Foundation

/// What is known of where a report is shown.
struct Terminal {
  let descriptor: Int32

  static let standardError = Terminal(descriptor: STDERR_FILENO)

  var isInteractive: Bool { isatty(descriptor) == 1 }

  /// Columns: the terminal's own, at most 120; 80 where there is none.
  var width: Int {
    var size = winsize()
    guard isInteractive, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return 80
    }
    return min(Int(size.ws_col), 120)
  }

  /// Whether the locale shows more than ASCII; files and pipes get UTF-8.
  var showsUnicode: Bool {
    guard isInteractive else { return true }
    let environment = ProcessInfo.processInfo.environment
    let locale =
      [environment["LC_ALL"], environment["LC_CTYPE"], environment["LANG"]]
      .compactMap { $0 }.first { !$0.isEmpty } ?? ""
    let folded = locale.lowercased()
    return folded.hasSuffix("utf-8") || folded.hasSuffix("utf8")
  }

  /// Colour on a terminal only, and not where the user asked for none (no-color.org).
  var showsColour: Bool {
    let environment = ProcessInfo.processInfo.environment
    return isInteractive && environment["NO_COLOR", default: ""].isEmpty
      && environment["TERM"] != "dumb"
  }

  func write(_ text: String) {
    FileHandle(fileDescriptor: descriptor).write(Data(text.utf8))
  }
}
