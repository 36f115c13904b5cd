internal import ELF
internal import Foundation
internal import HeapCapture
internal import LeakReports
internal import ProgramRunner
internal import Symbolication

/// One thing that Remnant needs, looked at on this machine.
struct DoctorCheck: Sendable {
  enum Verdict {
    case good
    /// Remnant works, and its reports say less.
    case degraded
    case missing
  }

  struct Result {
    var verdict: Verdict
    var text: String
    /// What to do where it isn't good.
    var remedy: String?

    static func good(_ text: String) -> Result { Result(verdict: .good, text: text) }

    static func degraded(_ text: String, remedy: String) -> Result {
      Result(verdict: .degraded, text: text, remedy: remedy)
    }

    static func missing(_ text: String, remedy: String) -> Result {
      Result(verdict: .missing, text: text, remedy: remedy)
    }
  }

  let name: String
  let run: @Sendable () -> Result

  static let all: [DoctorCheck] = [
    DoctorCheck(name: "architecture", run: architecture),
    DoctorCheck(name: "Swift", run: swift),
    DoctorCheck(name: "type reader", run: remoteMirror),
    DoctorCheck(name: "recorder", run: recorder),
    DoctorCheck(name: "libunwind", run: unwinder),
    DoctorCheck(name: "symbolizer", run: symbolizer),
    DoctorCheck(name: "libdw", run: variableReader),
    DoctorCheck(name: "ptrace", run: trace),
    DoctorCheck(name: "canary", run: canary),
  ]

  // MARK: The checks

  private static func architecture() -> Result {
    #if arch(x86_64)
    return .good("x86-64, Linux \(kernelRelease)")
    #else
    return .degraded(
      "\(machine), Linux \(kernelRelease)",
      remedy: "Remnant is tested on x86-64 only: don't rely on its verdicts here"
    )
    #endif
  }

  private static let testedSwift = "6.3"

  private static func swift() -> Result {
    // The library doesn't say its version; what was built with this toolchain does.
    guard let library = loadedLibrary("libswiftCore.so"),
      let program = try? DemoProgram.path(),
      let version = (try? ELFFile(path: program))?.swiftVersion
    else {
      return .degraded(
        "the version can't be told",
        remedy: "Remnant knows the layouts of Swift \(testedSwift)"
      )
    }
    guard version.hasPrefix(testedSwift) else {
      return .degraded(
        "\(version) (\(library))",
        remedy: "Remnant knows the layouts of Swift \(testedSwift): run its tests before you rely "
          + "on it with another version"
      )
    }
    return .good("\(version) (\(library))")
  }

  private static func remoteMirror() -> Result {
    guard let library = loadedLibrary("libswiftRemoteMirror.so") else {
      return .missing(
        "libswiftRemoteMirror.so is not loaded",
        remedy: "install the whole Swift toolchain: it lies beside libswiftCore.so"
      )
    }
    return .good(library)
  }

  private static func recorder() -> Result {
    guard let path = Recorder.path() else {
      return .missing(
        "\(Recorder.fileName) is not beside the command",
        remedy: "build it (`swift build`) or install it whole; searched "
          + Recorder.searched.joined(separator: ", ")
      )
    }
    return .good(path)
  }

  private static func unwinder() -> Result {
    guard let handle = dlopen("libunwind.so.8", RTLD_LAZY) else {
      return .missing("libunwind.so.8 can't be loaded", remedy: "apt-get install libunwind8")
    }
    dlclose(handle)
    return .good("libunwind.so.8")
  }

  private static func symbolizer() -> Result {
    guard let path = Symbolicator.locatorPath() else {
      return .degraded(
        "no llvm-symbolizer beside swift or in PATH",
        remedy: "reports name functions, but no files and lines: put the toolchain into PATH"
      )
    }
    return .good(path)
  }

  private static func variableReader() -> Result {
    VariableReader.isAvailable
      ? .good("libdw.so.1")
      : .degraded(
        "libdw.so.1 can't be loaded",
        remedy: "variables of suspended functions have no names: apt-get install libdw1"
      )
  }

  private static func trace() -> Result {
    // A parent may trace its child at the scopes 0 and 1; at 2 with a capability, at 3 no one.
    let file = "/proc/sys/kernel/yama/ptrace_scope"
    let scope = (try? String(contentsOfFile: file, encoding: .utf8))
      .flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    guard let scope else { return .good("not restricted by Yama") }
    return scope < 3
      ? .good("Yama's scope \(scope)")
      : .missing(
        "Yama's scope 3 forbids it to everyone",
        remedy: "set kernel.yama.ptrace_scope to 1 at the next start of the machine"
      )
  }

  /// What none of the above can tell: whether a known leak is found.
  private static func canary() -> Result {
    do {
      var session = RunSession(
        command: [try DemoProgram.path()],
        output: ReportOutput(isQuiet: true)
      )
      session.hidesProgramOutput = true
      let report = try session.examine().report
      let leaked = report?.leakedTypes.first { $0.type == DemoProgram.leakedType }
      guard let leaked, leaked.count == DemoProgram.leakedCount else {
        return .missing(
          "the leak of \(DemoProgram.fileName) was not found",
          remedy: "please report this, with what `remnant run -- \(try DemoProgram.path())` prints"
        )
      }
      return .good("a known leak was found: \(leaked.count) × \(leaked.type)")
    } catch let error as SessionError {
      return .missing(error.message, remedy: error.remedy)
    } catch {
      return .missing("\(error)", remedy: "see above")
    }
  }

  // MARK: The machine

  private static var kernelRelease: String { field(of: \.release) }
  private static var machine: String { field(of: \.machine) }

  private static func field<Value>(of path: KeyPath<utsname, Value>) -> String {
    var name = utsname()
    guard uname(&name) == 0 else { return "unknown" }
    return withUnsafeBytes(of: name[keyPath: path]) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// The file of a library that this very process uses.
  private static func loadedLibrary(_ name: String) -> String? {
    ProcessDirectory(process: getpid()).memoryMap()?.regions.lazy.map(\.path).first {
      $0.hasSuffix("/\(name)")
    }
  }
}
