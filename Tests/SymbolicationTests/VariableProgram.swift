import ELF
import Foundation
import TestSupport

@testable import Symbolication

/// Asynchronous functions whose variables are known, compiled in several ways.
struct VariableProgram {
  let path: String

  init(_ options: [String]) throws {
    let folder = try ExampleProgram.makeFolder()
    try Self.source.write(toFile: folder + "/main.swift", atomically: false, encoding: .utf8)
    path = folder + "/program"
    try Shell.run(
      ["swiftc", "-module-name", "App", "-parse-as-library", folder + "/main.swift", "-o", path]
        + options
    )
  }

  init(path: String) { self.path = path }

  /// By the functions' symbols, of those in whose symbols a text is.
  func variables(
    of part: String
  ) throws -> (
    byFunction: [String: [FrameVariable]], failure: VariableReader.Failure?
  ) {
    let symbols = try Self.resumptions(in: path, part)
    let answer = try VariableReader(program: Built.tool())
      .variables(ofFunctionsAt: Array(symbols.keys), in: path)
    var result: [String: [FrameVariable]] = [:]
    for (address, variables) in answer.variables { result[symbols[address] ?? "?"] = variables }
    return (result, answer.failure)
  }

  static func resumptions(in path: String, _ part: String) throws -> [UInt64: String] {
    var result: [UInt64: String] = [:]
    for line in try Shell.run(["nm", path]).split(separator: "\n") {
      let columns = line.split(separator: " ", maxSplits: 2).map(String.init)
      if columns.count == 3, columns[2].contains(part),
        SwiftDemangler.resumption(of: columns[2]) != nil
      {
        result[UInt64(columns[0], radix: 16) ?? 0] = columns[2]
      }
    }
    return result
  }

  static let source = """
    final class Feed: @unchecked Sendable {
      var seen = 0
      let (stream, tap) = AsyncStream.makeStream(of: Int.self)
      func listen() { Task { for await number in stream { self.seen += number } } }
    }
    @inline(never) func wait() async {
      await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    }
    @inline(never) func nap() async { try? await Task.sleep(for: .seconds(1)) }
    @inline(never) func loop(over feeds: [Feed], first: Feed) async {
      for feed in feeds {
        await wait()
        feed.seen += first.seen
      }
      await nap()
      let late = Feed()
      await wait()
      late.listen()
    }
    @main enum Main {
      static func main() async { await loop(over: [Feed()], first: Feed()) }
    }
    """
}
