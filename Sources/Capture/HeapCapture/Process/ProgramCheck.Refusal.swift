internal import ELF
internal import Foundation

/// What a file is that was named as a program, and what to do in that very case.
extension ProgramCheck.Refusal {
  /// A file without permission to be run: where it is no program, permission wouldn't help.
  static func notExecutable(_ path: String) -> Self {
    let start = FileHandle(forReadingAtPath: path).flatMap { try? $0.read(upToCount: 256) }
    if let start, let line = ScriptLine(start), let interpreter = line.interpreter {
      let isSwift = path.hasSuffix(".swift")
      return Self(
        message: "'\(path)' is a script, and not executable",
        remedy: isSwift
          ? compiling(path)
          : interpreting(path, by: line.words.isEmpty ? interpreter : line.words),
        exitStatus: 126
      )
    }
    guard let file = try? ELFFile(path: path) else { return notProgram(path) }
    if let refusal = notLinked(file, path) { return refusal }
    return Self(
      message: "'\(path)' is not executable",
      remedy: "make it executable: chmod +x \(path)",
      exitStatus: 126
    )
  }

  /// A file that is neither a program nor a script.
  static func notProgram(_ path: String) -> Self {
    let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int
    let interpreters = ["py": "python3", "sh": "sh", "rb": "ruby", "js": "node", "pl": "perl"]
    let ending = URL(filePath: path).pathExtension
    let (what, remedy): (String, String) =
      switch ending {
      case _ where size == 0: ("is empty", "build it again")
      case "swift": ("is Swift source code, not a program", compiling(path))
      case _ where interpreters[ending] != nil:
        (
          "is a script without an interpreter in its first line",
          interpreting(path, by: interpreters[ending] ?? "")
        )
      case "json" where size ?? 0 > 0:
        ("is a JSON file, not a program", "to show a saved report: remnant report \(path)")
      default:
        ("is neither an ELF program nor a script", "name the program itself")
      }
    return Self(message: "'\(path)' \(what)", remedy: remedy, exitStatus: 126)
  }

  /// Files of the linker's that aren't programs; nil for a program.
  static func notLinked(_ file: ELFFile, _ path: String) -> Self? {
    let isLibrary =
      file.type == 3 && file.interpreter == nil
      && URL(filePath: path).lastPathComponent.contains(/\.so(\.|$)/)
    // ET_REL, ET_DYN, ET_CORE of the ELF specification.
    let what: String
    let remedy: String
    switch file.type {
    case 1: (what, remedy) = ("an object file", "link it, and name the program")
    case 4: (what, remedy) = ("a core file", "run the program itself: remnant run -- PROGRAM")
    case _ where isLibrary:
      (what, remedy) = ("a shared library", "name the program that loads it")
    default: return nil
    }
    return Self(message: "'\(path)' is \(what), not a program", remedy: remedy, exitStatus: 126)
  }

  static func unreadable(_ path: String) -> Self {
    Self(
      message: "'\(path)' can't be read",
      remedy: "make it readable: chmod +r \(path)",
      exitStatus: 126
    )
  }

  private static func interpreting(_ path: String, by interpreter: String) -> String {
    "run its interpreter, and examine what the script starts: "
      + "remnant run --follow-children -- \(interpreter) \(path)"
  }

  private static func compiling(_ path: String) -> String {
    FileManager.default.fileExists(atPath: "Package.swift")
      ? "run the package's product: remnant run --product NAME"
      : "build it, and run the program: swiftc -g \(path) -o program && remnant run -- ./program"
  }
}

/// The first line of a script: `#!/usr/bin/env python3`.
struct ScriptLine {
  /// Everything behind `#!`, as one would type it.
  let words: String

  /// Nil where the bytes don't begin a script.
  init?(_ start: Data) {
    guard start.starts(with: Data("#!".utf8)) else { return nil }
    let line = String(decoding: start.dropFirst(2).prefix { $0 != 10 && $0 != 13 }, as: UTF8.self)
    words = line.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
  }

  /// The program that the kernel starts.
  var interpreter: String? { words.split(separator: " ").first.map(String.init) }
}
