import Foundation

/// What `readelf` of binutils says of a file: the other opinion.
struct Readelf {
  struct Section: Equatable, CustomStringConvertible {
    var name: String
    var address: UInt64
    var offset: UInt64
    var size: UInt64

    var description: String { "\(name) \(address) \(offset) \(size)" }
  }

  struct ProgramHeader: Equatable {
    var type: String
    var offset: UInt64
    var address: UInt64
    var fileSize: UInt64
    var memorySize: UInt64
  }

  struct Symbol {
    var address: UInt64
    var size: UInt64
    var name: String
  }

  let path: String

  /// The value of a line of the file's header: `Entry point address`.
  func header(_ name: String) throws -> String? {
    try lines("-hW").first { $0.contains(name + ":") }?
      .split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
  }

  func sections() throws -> [Section] {
    try lines("-SW").compactMap { line in
      let pattern =
        /^ +\[ *\d+\] (.*?) +[A-Z0-9_<>:a-z+ ]+ ([0-9a-f]{16}) ([0-9a-f]+) ([0-9a-f]+)\b/
      guard let match = line.firstMatch(of: pattern) else { return nil }
      return Section(
        name: match.1.trimmingCharacters(in: .whitespaces),
        address: hexadecimal(match.2),
        offset: hexadecimal(match.3),
        size: hexadecimal(match.4)
      )
    }
  }

  func programHeaders() throws -> [ProgramHeader] {
    try lines("-lW").compactMap { line in
      let pattern =
        /^  ([A-Z_0-9]+) +0x([0-9a-f]+) 0x([0-9a-f]+) 0x[0-9a-f]+ 0x([0-9a-f]+) 0x([0-9a-f]+)\b/
      guard let match = line.firstMatch(of: pattern) else { return nil }
      return ProgramHeader(
        type: String(match.1),
        offset: hexadecimal(match.2),
        address: hexadecimal(match.3),
        fileSize: hexadecimal(match.4),
        memorySize: hexadecimal(match.5)
      )
    }
  }

  func buildID() throws -> String? {
    try lines("-nW").lazy.compactMap { line in
      line.firstMatch(of: /Build ID: ([0-9a-f]+)/).map { String($0.1) }
    }.first
  }

  func interpreter() throws -> String? {
    try lines("-lW").lazy.compactMap { line in
      line.firstMatch(of: /program interpreter: (.*)\]/).map { String($0.1) }
    }.first
  }

  /// Defined functions, objects and symbols without a type, of both tables.
  func symbols() throws -> [Symbol] {
    try lines("-sW").compactMap { line in
      //   Num:    Value          Size Type    Bind   Vis      Ndx Name
      let parts = line.split(separator: " ", maxSplits: 7, omittingEmptySubsequences: true)
      guard parts.count == 8, ["NOTYPE", "OBJECT", "FUNC"].contains(parts[3]), Int(parts[6]) != nil,
        let address = UInt64(parts[1], radix: 16), address != 0
      else { return nil }
      let size =
        parts[2].hasPrefix("0x") ? UInt64(parts[2].dropFirst(2), radix: 16) : UInt64(parts[2])
      // A dynamic symbol's version follows its name.
      let name = parts[7].prefix { $0 != "@" }
      return Symbol(address: address, size: size ?? 0, name: String(name))
    }
  }

  private func hexadecimal(_ text: Substring) -> UInt64 { UInt64(text, radix: 16) ?? .max }

  private func lines(_ option: String) throws -> [String] {
    try Shell.run("readelf", option, path).split(separator: "\n").map(String.init)
  }
}

enum Shell {
  struct Failed: Error {
    var command: String
    var status: Int32
  }

  /// Runs a command to its end and returns what it printed.
  @discardableResult
  static func run(_ arguments: String...) throws -> String {
    let command = arguments.map { "'" + $0.replacing("'", with: #"'\''"#) + "'" }.joined(
      separator: " "
    )
    guard let stream = popen(command + " 2>/dev/null", "re") else {
      throw Failed(command: command, status: errno)
    }
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, stream), count > 0 {
      output += chunk[..<count]
    }
    let status = pclose(stream)
    guard status == 0 else { throw Failed(command: command, status: status) }
    return String(decoding: output, as: UTF8.self)
  }
}

/// A folder that goes away with its last user.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "remnant-elf-tests-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
