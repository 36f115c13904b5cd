import Foundation
import TestSupport
import Testing

/// A new user's first hour, command by command, as `Documentation/Tutorial.md` says it.
@Suite("The tutorial") struct TutorialTests {
  @Test("ends with a leak found, fixed, and guarded")
  func follow() async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let page = try Page("Documentation/Tutorial.md")
    try #require(page.commands.count >= 8)
    let package = try BuiltPackage(listedIn: folder)
    try await PageWalk(page: page, folder: folder, adapt: package.used(in:)).follow()
  }
}

/// This package, as it is built already.
///
/// What a package that depends on it would build first takes minutes; `.ci/outside` does that.
private struct BuiltPackage {
  private static let targets = [
    "CDwarf", "CLinux", "CRecorderFormat", "CRemnantRecorder", "CRemnantTesting", "CSwiftDemangle",
    "CSwiftLayout", "CSwiftRemoteMirror", "CTaskPool", "CUnwind", "CWeakReferences", "ELF",
    "Examination", "HeapAnalysis", "HeapCapture", "HeapGraph", "LeakReports", "Remnant",
    "RemnantTesting", "Symbolication", "WeakReferences",
  ]
  private static let libraries = [
    "unwind-ptrace", "unwind-generic", "unwind", "lzma", "swiftRemoteMirror",
  ]

  private let compilerFlags: [String]
  private let linkerFlags: [String]

  /// Lists its object files in a file of a folder.
  init(listedIn folder: TemporaryFolder) throws {
    let build = URL(filePath: try Built.tool()).deletingLastPathComponent()
    var flags = ["-I", build.appending(path: "Modules").path]
    for target in Self.targets where target.hasPrefix("C") {
      let include = try #require(Self.headers(of: target))
      flags += ["-Xcc", "-I\(include.path)"]
      let maps = [include, build.appending(path: "\(target).build")]
        .map { $0.appending(path: "module.modulemap").path }
      let map = try #require(maps.first(where: FileManager.default.fileExists))
      flags += ["-Xcc", "-fmodule-map-file=\(map)"]
    }
    // What the bundle of tests was linked from: in the folders, files of sources that are gone stay.
    let list = build.appending(path: "RemnantPackageTests.product/Objects.LinkFileList")
    let objects = try String(contentsOf: list, encoding: .utf8).split(separator: "\n")
      .filter { line in Self.targets.contains { line.contains("/\($0).build/") } }
    try folder.write("objects.txt", objects.joined(separator: "\n"))
    compilerFlags = flags
    linkerFlags = ["@\(folder.file("objects.txt").path)"] + Self.libraries.map { "-l\($0)" }
  }

  private static func headers(of target: String) -> URL? {
    let sources = Page.root.appending(path: "Sources")
    let floors = (try? FileManager.default.contentsOfDirectory(atPath: sources.path)) ?? []
    return floors.map { sources.appending(path: "\($0)/\(target)/include") }
      .first { FileManager.default.fileExists(atPath: $0.path) }
  }

  /// A manifest that depends on this package by its address, with what is built in its place.
  func used(in manifest: String) -> String {
    guard manifest.contains(".package(url:") else { return manifest }
    let product = #/, \.product\(name: "RemnantTesting", package: "remnant"\)\]/#
    return manifest.replacing(#/  dependencies: \[\s*\.package\(url: .*\)\s*\],\n/#, with: "")
      .replacing(
        product,
        with: """
          ],
          swiftSettings: [.unsafeFlags(\(compilerFlags))],
          linkerSettings: [.unsafeFlags(\(linkerFlags))]
          """
      )
  }
}
