internal import ELF
internal import Foundation

/// Finds a program and checks, before anything runs, whether the recorder can work in it.
package struct ProgramCheck {
  /// The executable file.
  package var path: String
  /// The interpreter, where the file is a script: the program that is really watched.
  package var interpreter: String?

  /// Why a program can't be watched.
  package struct Refusal: Error, Equatable, CustomStringConvertible {
    package var message: String
    package var remedy: String
    /// See Documentation/Interface.md: 127 not found, 126 not executable, 125 can't be watched.
    package var exitStatus: Int32

    package var description: String { remedy.isEmpty ? message : "\(message)\n\(remedy)" }
  }

  /// Finds a path, or a name in the directories of `searchPath` as a shell would.
  package init(program: String, searchPath: String?) throws(Refusal) {
    path = try Self.find(program, searchPath)
    interpreter = try Self.scriptInterpreter(path)
    try Self.checkExecutable(interpreter ?? path)
  }

  private static func find(_ program: String, _ searchPath: String?) throws(Refusal) -> String {
    if program.isEmpty {
      throw Refusal(
        message: "the name of the program is empty",
        remedy: "name a program",
        exitStatus: 127
      )
    }
    if program.contains("/") {
      try checkFile(program)
      return program
    }
    // As execvp: a file that isn't executable doesn't end the search, but is what the error reports.
    var found: String?
    for directory in (searchPath ?? "/usr/local/bin:/usr/bin:/bin").split(
      separator: ":",
      omittingEmptySubsequences: false
    ) {
      let candidate = directory.isEmpty ? program : "\(directory)/\(program)"
      var isDirectory: ObjCBool = false
      guard FileManager.default.fileExists(atPath: candidate, isDirectory: &isDirectory),
        !isDirectory.boolValue
      else { continue }
      if access(candidate, X_OK) == 0 { return candidate }
      found = found ?? candidate
    }
    if let found { try checkFile(found) }
    throw Refusal(
      message: "there is no program '\(program)' in PATH",
      remedy: "name its path, such as ./\(program) or .build/debug/\(program)",
      exitStatus: 127
    )
  }

  private static func checkFile(_ path: String) throws(Refusal) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw Refusal(
        message: "there is no file '\(path)'",
        remedy: "name a program that exists",
        exitStatus: 127
      )
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR:
      throw Refusal(
        message: "'\(path)' is a directory",
        remedy: "name the program in it",
        exitStatus: 126
      )
    default:
      throw Refusal(
        message: "'\(path)' isn't a file: it is a pipe, a socket, or a device",
        remedy: "name a program",
        exitStatus: 126
      )
    }
    guard access(path, X_OK) == 0 else { throw .notExecutable(path) }
  }

  private static func scriptInterpreter(_ path: String) throws(Refusal) -> String? {
    // Nothing to read isn't an error here: an empty file is refused as what it is.
    guard let file = FileHandle(forReadingAtPath: path),
      let start = try? file.read(upToCount: 256) ?? Data()
    else {
      throw .unreadable(path)
    }
    guard start.starts(with: Data("#!".utf8)) else { return nil }
    guard let interpreter = ScriptLine(start)?.interpreter else {
      throw Refusal(
        message: "'\(path)' is a script that names no interpreter",
        remedy: "write its interpreter into the first line, such as #!/bin/sh",
        exitStatus: 126
      )
    }
    guard access(interpreter, F_OK) == 0 else {
      throw Refusal(
        message: "'\(path)' is a script whose interpreter doesn't exist: '\(interpreter)'",
        remedy: "correct its first line, or install that interpreter",
        exitStatus: 126
      )
    }
    return interpreter
  }

  private static func checkExecutable(_ path: String) throws(Refusal) {
    let file: ELFFile
    do throws(ELFError) {
      file = try ELFFile(path: path)
    } catch {
      switch error {
      case .unreadable: throw .unreadable(path)
      case .notELF: throw .notProgram(path)
      case .notSupported:
        throw Refusal(
          message: "'\(path)' is a program for another machine: it isn't 64-bit little-endian",
          remedy: "build it for \(architecture(ownMachine)), this machine's architecture",
          exitStatus: 126
        )
      }
    }
    guard file.machine == ownMachine else {
      throw Refusal(
        message: "'\(path)' is a program for another architecture: \(architecture(file.machine))",
        remedy: "build it for \(architecture(ownMachine)), this machine's architecture",
        exitStatus: 126
      )
    }
    guard file.isComplete else {
      throw Refusal(
        message: "'\(path)' is damaged: its program headers reach past its end",
        remedy: "build or copy it again",
        exitStatus: 126
      )
    }
    if let refusal = Refusal.notLinked(file, path) { throw refusal }
    guard file.isDynamic, file.interpreter != nil else {
      throw Refusal(
        message: "'\(path)' is statically linked: the recorder can't be preloaded into it",
        remedy: "link it dynamically: without -static-executable (-static-stdlib is fine)",
        exitStatus: 125
      )
    }
    let sanitizers = ["__asan_init": "address", "__tsan_init": "thread", "__lsan_init": "leak"]
    for symbol in file.symbolTable().dynamicNames() {
      if let sanitizer = sanitizers[symbol] {
        throw Refusal(
          message: "'\(path)' is built with the \(sanitizer) sanitizer, which replaces malloc",
          remedy: "build it without --sanitize=\(sanitizer)",
          exitStatus: 125
        )
      }
    }
  }

  private static var ownMachine: UInt16 {
    #if arch(x86_64)
    ELFFile.machineX86
    #else
    ELFFile.machineARM
    #endif
  }

  /// The name of a machine's number (`EM_…` in `elf.h`).
  private static func architecture(_ machine: UInt16) -> String {
    switch machine {
    case 3: "32-bit x86"
    case 8: "MIPS"
    case 20, 21: "PowerPC"
    case 22: "s390"
    case 40: "32-bit ARM"
    case ELFFile.machineX86: "x86-64"
    case ELFFile.machineARM: "arm64"
    case 243: "RISC-V"
    default: "ELF machine \(machine)"
    }
  }
}
