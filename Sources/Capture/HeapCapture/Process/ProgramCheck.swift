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
      throw Refusal(message: "no program was named", remedy: "", exitStatus: 127)
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
      message: "\(program): no such program in PATH",
      remedy: "give its path, such as ./\(program) or .build/debug/\(program)",
      exitStatus: 127
    )
  }

  private static func checkFile(_ path: String) throws(Refusal) {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw Refusal(message: "\(path): no such file", remedy: "", exitStatus: 127)
    }
    if isDirectory.boolValue {
      throw Refusal(
        message: "\(path) is a directory",
        remedy: "name the program in it",
        exitStatus: 126
      )
    }
    var status = stat()
    guard stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
      throw Refusal(
        message: "\(path) is not a file: it is a pipe, a socket or a device",
        remedy: "name a program",
        exitStatus: 126
      )
    }
    guard access(path, X_OK) == 0 else {
      throw Refusal(
        message: "\(path) is not executable",
        remedy: "chmod +x \(path)",
        exitStatus: 126
      )
    }
  }

  private static func scriptInterpreter(_ path: String) throws(Refusal) -> String? {
    // Nothing to read isn't an error: an empty file is reported as what it isn't.
    guard let file = FileHandle(forReadingAtPath: path),
      let start = try? file.read(upToCount: 256) ?? Data()
    else {
      throw Refusal(message: "\(path) can't be read", remedy: "chmod +r \(path)", exitStatus: 126)
    }
    guard start.starts(with: Data("#!".utf8)) else { return nil }
    let line = String(decoding: start.dropFirst(2).prefix { $0 != 10 }, as: UTF8.self)
    guard let interpreter = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).first else {
      throw Refusal(
        message: "\(path) is a script that names no interpreter",
        remedy: "write its interpreter in the first line",
        exitStatus: 126
      )
    }
    return String(interpreter)
  }

  private static func checkExecutable(_ path: String) throws(Refusal) {
    let file: ELFFile
    do throws(ELFError) {
      file = try ELFFile(path: path)
    } catch {
      switch error {
      case .unreadable:
        throw Refusal(message: "\(path) can't be read", remedy: "", exitStatus: 126)
      case .notELF:
        throw Refusal(
          message: "\(path) is neither an ELF program nor a script",
          remedy: "name the program that it is for",
          exitStatus: 126
        )
      case .notSupported(_, let detail):
        throw Refusal(
          message: "\(path) is a program for another machine: \(detail)",
          remedy: "build it for this one",
          exitStatus: 126
        )
      }
    }
    #if arch(x86_64)
    let own = ELFFile.machineX86
    #else
    let own = ELFFile.machineARM
    #endif
    guard file.machine == own else {
      throw Refusal(
        message: "\(path) is a program for another architecture (ELF machine \(file.machine))",
        remedy: "build it for this machine",
        exitStatus: 126
      )
    }
    guard file.isComplete else {
      throw Refusal(
        message: "\(path) is damaged: its program headers reach past its end",
        remedy: "build or copy it again",
        exitStatus: 126
      )
    }
    guard file.isDynamic, file.interpreter != nil else {
      throw Refusal(
        message: "\(path) is statically linked: no recorder can be preloaded into it",
        remedy: "link it dynamically: without -static-executable (-static-stdlib is fine)",
        exitStatus: 125
      )
    }
    let sanitizers = ["__asan_init": "address", "__tsan_init": "thread", "__lsan_init": "leak"]
    for symbol in file.symbolTable().dynamicNames() {
      if let sanitizer = sanitizers[symbol] {
        throw Refusal(
          message: "\(path) is built with the \(sanitizer) sanitizer, which replaces malloc",
          remedy: "build it without --sanitize=\(sanitizer)",
          exitStatus: 125
        )
      }
    }
  }
}
