import Foundation
import Testing

/// The Swift compiler, for what a test has to see compiled, or refused.
enum Compiler {
  static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let (process, pipe) = (Process(), Pipe())
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["swiftc"] + arguments
    // Where these tests are watched, the compiler isn't meant.
    process.environment = ProcessInfo.processInfo.environment.filter { $0.key != "LD_PRELOAD" }
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }

  /// What makes this build of the library known to code that imports it.
  private static var library: [String] {
    get throws {
      let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      let products = URL(filePath: program).deletingLastPathComponent().path
      return [
        "-I\(products)/Modules", "-Xcc",
        "-fmodule-map-file=\(products)/CWeakReferences.build/module.modulemap",
      ]
    }
  }

  /// The errors in code that imports the library, with the number of their line.
  static func errors(in code: String) throws -> [(line: Int, message: String)] {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let file = folder.url.appending(path: "code.swift").path
    try code.write(toFile: file, atomically: false, encoding: .utf8)
    let output = try run(["-typecheck", "-swift-version", "6", file] + library).output
    return output.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: ":", maxSplits: 4)
      guard parts.count == 5, parts[0] == file, parts[3] == " error", let number = Int(parts[1])
      else { return nil }
      return (number, String(parts[4]))
    }
  }
}

/// Expects that a line of code doesn't compile, for a reason that the compiler's message has, where one that is
/// different in nothing else does.
func expectRefused(
  _ refused: String,
  because reason: String,
  butNot accepted: String,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let code = """
    import WeakReferences
    final class Item {}
    class Shape { func corners() -> Int { 4 } }
    class Account { func close() -> Int { 5 } }
    func code(_ item: Item, _ reference: WeakRef<Item>, _ keys: WeakKeyDictionary<Item, String>) {
    \(accepted)
    \(refused)
    }
    """
  let errors = try Compiler.errors(in: code)
  #expect(Set(errors.map(\.line)) == [7], "\(errors)", sourceLocation: sourceLocation)
  #expect(
    errors.contains { $0.message.contains(reason) },
    "\(errors)",
    sourceLocation: sourceLocation
  )
}

/// A folder of its own.
struct TemporaryFolder {
  let url = FileManager.default.temporaryDirectory.appending(path: "weak-\(UUID())")

  init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(at: url) }
}
