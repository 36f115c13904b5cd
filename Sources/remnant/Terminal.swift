internal import Foundation
internal import Glibc

/// What is known of where a report is shown.
struct Terminal {
  let descriptor: Int32

  static let standardOutput = Terminal(descriptor: STDOUT_FILENO)
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

  func write(_ text: String) { write(Data(text.utf8)) }

  func write(_ data: Data) {
    var bytes = Array(data)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      // Whoever read it has gone (`| head`), or the disk is full: there is no one to tell.
      if count < 0 { return }
      bytes = bytes.dropFirst(count)
    }
  }
}
