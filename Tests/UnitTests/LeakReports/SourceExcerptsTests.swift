import Foundation
import Testing

@testable import LeakReports

/// A report may name any file; the page shows source files of the repository, and nothing else.
@Suite("Source excerpts") struct SourceExcerptsTests {
  /// A repository with a package in it, and a folder beside it.
  private struct Folders {
    let outer: URL
    let repository: URL
    let package: URL

    init() throws {
      outer = FileManager.default.temporaryDirectory
        .appending(path: "remnant-sources-\(UUID().uuidString)")
      repository = outer.appending(path: "repository")
      package = repository.appending(path: "package")
      try FileManager.default.createDirectory(at: package, withIntermediateDirectories: true)
      try FileManager.default.createDirectory(
        at: repository.appending(path: ".git"),
        withIntermediateDirectories: true
      )
    }

    func write(_ text: String, to file: URL) throws -> String {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(),
        withIntermediateDirectories: true
      )
      try Data(text.utf8).write(to: file)
      return file.path
    }

    func remove() { try? FileManager.default.removeItem(at: outer) }
  }

  /// The lines around line 1 of a file, where a report names it.
  private func excerpt(of file: String, root: URL) -> [String]? {
    excerpt(of: file, SourceRoot(repositoryAround: root.path))
  }

  private func excerpt(of file: String, _ root: SourceRoot) -> [String]? {
    var report = Examples.cycleByFields
    report.findings[0].allocations[0].frames = [
      .init(function: "f()", file: file, line: 1, image: "App", library: false)
    ]
    let excerpts = SourceExcerpts(of: report, in: SourceFiles(in: root))
    return excerpts.excerpts["\(file):1"]?.lines
  }

  @Test("sources of the package, of its checkouts and of its repository are shown")
  func shown() throws {
    let folders = try Folders()
    defer { folders.remove() }
    for path in [
      "package/Sources/App/Pet.swift", "package/.build/checkouts/Other/a.c", "Shared/b.mm",
    ] {
      let file = try folders.write("one\ntwo\n", to: folders.repository.appending(path: path))
      #expect(excerpt(of: file, root: folders.package) == ["one", "two", ""], "\(path)")
    }
  }

  @Test("files elsewhere, of the kernel, behind links, and what is no source are not")
  func refused() throws {
    let folders = try Folders()
    defer { folders.remove() }
    let outside = try folders.write("secret\n", to: folders.outer.appending(path: "secret.swift"))
    let link = folders.package.appending(path: "link.swift").path
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: outside)
    let environment = folders.package.appending(path: "environment.swift").path
    try FileManager.default.createSymbolicLink(
      atPath: environment,
      withDestinationPath: "/proc/self/environ"
    )
    let through = folders.package.path + "/../../secret.swift"
    let settings = try folders.write("secret\n", to: folders.package.appending(path: ".env"))
    let binary = try folders.write("a\0b\n", to: folders.package.appending(path: "binary.c"))
    let files = [
      outside, link, environment, through, settings, binary, "/etc/passwd", "/proc/self/environ",
      folders.package.path, folders.package.appending(path: "none.swift").path,
    ]
    for file in files { #expect(excerpt(of: file, root: folders.package) == nil, "\(file)") }
    // Not even where everything is in the folder.
    #expect(excerpt(of: environment, SourceRoot("/")) == nil)
    #expect(excerpt(of: outside, SourceRoot("/")) == ["secret", ""])
  }

  @Test("lines that end as Windows ends them are lines")
  func carriageReturns() throws {
    let folders = try Folders()
    defer { folders.remove() }
    let file = try folders.write("one\r\ntwo\r\n", to: folders.package.appending(path: "a.swift"))
    #expect(excerpt(of: file, root: folders.package) == ["one", "two", ""])
  }
}
