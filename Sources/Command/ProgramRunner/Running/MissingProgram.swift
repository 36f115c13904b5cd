internal import Foundation
internal import HeapCapture
internal import LeakReports

/// What was perhaps meant by a program that isn't there.
enum MissingProgram {
  /// The refusal with the remedy for this very name, as far as the files around can tell.
  static func explained(_ refusal: ProgramCheck.Refusal, program: String) -> ProgramCheck.Refusal {
    guard refusal.exitStatus == 127, !program.isEmpty, let remedy = remedy(for: program) else {
      return refusal
    }
    var refusal = refusal
    refusal.remedy = remedy
    return refusal
  }

  private static func remedy(for program: String) -> String? {
    if program.hasPrefix("-") {
      return
        "options of Remnant's stand before `--`: remnant run \(ShellWord.quoted(program)) … -- PROGRAM"
    }
    if let path = candidate(for: program) {
      return "did you mean '\(path)'?"
    }
    guard FileManager.default.fileExists(atPath: "Package.swift") else { return nil }
    return program.contains("/")
      ? "build it first: remnant run --product \(ShellWord.quoted(lastPart(of: program))) builds and runs it"
      : "in this package: remnant run --product \(ShellWord.quoted(program)) builds and runs a product"
  }

  private static func candidate(for program: String) -> String? {
    guard !program.contains("/") else {
      return Suggestion.nearestFile(to: program, mode: X_OK)
    }
    // What was built here has the name itself, or nearly. One that isn't executable is refused as that when it is named.
    for folder in ["./", ".build/debug/", ".build/release/"] {
      if Suggestion.isFile(folder + program) { return folder + program }
    }
    for folder in ["./", ".build/debug/", ".build/release/"] {
      if let path = Suggestion.nearestFile(to: folder + program, mode: X_OK) { return path }
    }
    let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
    return Suggestion.nearest(
      to: program,
      among: folders.flatMap { Suggestion.files(in: String($0)) }
    )
  }

  private static func lastPart(of path: String) -> String { URL(filePath: path).lastPathComponent }
}
