internal import ELF

/// The modules of a program that the package manager fetched: their sources lie in a folder `checkouts`.
///
/// Debug information names the source files of every module. Only its strings are looked through, not what refers to
/// them: that is quick for executables of a hundred megabytes, and damaged debug information does no harm.
enum DependencyModules {
  private static let sections = [".debug_str", ".debug_line_str", ".debug_line"]
  private static let folder = "/checkouts/"
  /// Where packages keep their targets (SwiftPM's `PackageBuilder.predefinedSourceDirectories`).
  private static let sourceFolders: Set<Substring> = ["Sources", "Source", "src", "srcs"]

  /// The modules of a file.
  ///
  /// Complexity: linear in the size of its debug information's strings.
  static func names(in file: ELFFile) -> Set<String> {
    var names: Set<String> = []
    for name in sections {
      guard let section = file.section(named: name) else { continue }
      file.forEachText(after: folder, in: section) { path in
        if let module = module(ofPath: path) { names.insert(module) }
      }
    }
    return names
  }

  /// `NIOCore` for `swift-nio/Sources/NIOCore/Channel.swift`.
  static func module(ofPath path: String) -> String? {
    let parts = path.split(separator: "/")
    guard let sources = parts.firstIndex(where: sourceFolders.contains), sources > 0,
      sources + 1 < parts.count
    else { return nil }
    return String(parts[sources + 1].map { $0.isLetter || $0.isNumber ? $0 : "_" })
  }
}
