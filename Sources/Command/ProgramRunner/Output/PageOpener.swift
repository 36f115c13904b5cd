internal import Foundation

/// Shows a page in the user's browser.
enum PageOpener {
  /// What opens files on Linux and in Windows' subsystem for it, after the user's own choice.
  private static var openers: [String] {
    let chosen = ProcessInfo.processInfo.environment["BROWSER"].map { [$0] } ?? []
    return chosen.filter { !$0.isEmpty } + ["xdg-open", "wslview"]
  }

  /// Where nothing can open it, says where it is.
  static func open(_ path: String) {
    for opener in openers {
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = [opener, path]
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      guard (try? process.run()) != nil else { continue }
      process.waitUntilExit()
      if process.terminationStatus == 0 { return }
    }
    Terminal.standardError.tell(
      Message("no browser could be opened", remedy: "open \(URL(filePath: path).absoluteString)")
    )
  }

  /// A place for a page that no file was named for; it stays.
  static func temporaryPath() -> String {
    FileManager.default.temporaryDirectory
      .appending(path: "remnant-\(UUID().uuidString.prefix(8)).html").path
  }
}
