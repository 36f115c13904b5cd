import Foundation

/// The figures of `python.py`: the same work with CPython's `weakref`.
struct CPython {
  /// For each entry, by the names that the script prints.
  var nanoseconds: [String: Double] = [:]

  /// Nil where there is no python3.
  init?(entries: Int, rounds: Int) {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("python.py").path
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", script, String(entries), String(rounds)]
    let pipe = Pipe()
    process.standardOutput = pipe
    do { try process.run() } catch { return nil }
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return nil }
    for line in String(decoding: output, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 2, let number = Double(words[1]) else { continue }
      nanoseconds[String(words[0])] = number
    }
  }
}
