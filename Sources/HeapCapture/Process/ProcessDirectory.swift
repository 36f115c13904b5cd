internal import Foundation

/// What `/proc/PID` says of a process.
package struct ProcessDirectory {
  package let process: Int32

  package init(process: Int32) {
    self.process = process
  }

  /// Nil where the process has ended.
  package func memoryMap() -> MemoryMap? {
    contents("maps").map(MemoryMap.init(parsing:))
  }

  /// The threads that exist now.
  package func threads() -> [Int32] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")
    return (names ?? []).compactMap { Int32($0) }.sorted()
  }

  /// The thread's name, as its author or the library that made it set it.
  package func name(ofThread thread: Int32) -> String {
    contents("task/\(thread)/comm")?.trimmingCharacters(in: .newlines) ?? ""
  }

  /// The file that the process runs.
  package func executable() -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/exe")
  }

  private func contents(_ name: String) -> String? {
    // Files of /proc state no size: `FileHandle` reads on until the end.
    guard let handle = FileHandle(forReadingAtPath: "/proc/\(process)/\(name)"),
      let data = try? handle.readToEnd()
    else { return nil }
    return String(decoding: data, as: UTF8.self)
  }
}
