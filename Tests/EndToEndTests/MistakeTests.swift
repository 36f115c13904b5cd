import Foundation
import TestSupport
import Testing

/// Plausible mistakes at the command line: each is answered with what happened and what to do in that very case.
@Suite("Mistakes at the command line") struct CommandMistakeTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func remnant(
    _ arguments: [String],
    environment: [String: String] = [:]
  ) async throws -> Subprocess {
    try await Subprocess.run(
      [try Built.tool()] + arguments,
      in: folder.url,
      environment: environment
    )
  }

  /// Leaks one object.
  private func leaky() async throws {
    let source =
      "final class Node { var other: Node? }\ndo { let node = Node(); node.other = node }\n"
    try Data(source.utf8).write(to: folder.file("leaky.swift"))
    let build = try await Subprocess.run(
      ["swiftc", "-g", "leaky.swift", "-o", "leaky"],
      in: folder.url
    )
    try #require(build.exitStatus == 0, "\(build.transcript)")
  }

  @Test("Every mistake is answered with what happened and with what to do", arguments: Mistake.all)
  func mistakes(mistake: Mistake) async throws {
    defer { folder.remove() }
    try Mistake.makeFiles(in: folder)
    let run = try await remnant(mistake.arguments, environment: mistake.environment)
    #expect(run.exitStatus == mistake.status, "\(run.transcript)")
    #expect(run.errors.contains(mistake.message), "\(run.transcript)")
    #expect(run.errors.contains(mistake.remedy), "\(run.transcript)")
    #expect(run.errors.hasPrefix("remnant: "), "\(run.transcript)")
    #expect(run.output == "", "nothing is printed where a result is expected")
  }

  @Test("An option behind the program is the program's, and pointed out")
  func misplacedOption() async throws {
    let run = try await remnant(["run", "echo", "--output", "x.html"])
    #expect(run.output == "--output x.html\n")
    #expect(run.errors.contains("'--output' follows the program"), "\(run.transcript)")
    let meant = try await remnant(["run", "--", "echo", "--output", "x.html"])
    #expect(!meant.errors.contains("follows the program"), "\(meant.transcript)")
  }

  @Test("With --output, a line says what was found, and where it can be read")
  func written() async throws {
    try await leaky()
    let run = try await remnant([
      "run", "--output", "leaks.html", "--output", "leaks.json", "--", "./leaky",
    ])
    #expect(run.exitStatus == 23)
    #expect(
      run.errors == "remnant: 1 leak: 1 object, 24 bytes. Written: leaks.html, leaks.json\n",
      "\(run.transcript)"
    )
    let quiet = try await remnant([
      "run", "--quiet", "--output", "leaks.html", "--", "./leaky",
    ])
    #expect(quiet.errors == "", "\(quiet.transcript)")
  }

  @Test("--open shows a page in the browser, and says where it is where there is none")
  func opening() async throws {
    try await leaky()
    let browser = folder.file("browser").path
    let script = "#!/bin/sh\ncp \"$1\" '\(folder.file("shown.html").path)'\n"
    try Data(script.utf8).write(to: URL(filePath: browser))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: browser)
    let run = try await remnant(
      ["run", "--open", "--", "./leaky"],
      environment: ["BROWSER": browser, "TMPDIR": folder.url.path]
    )
    #expect(run.exitStatus == 23, "\(run.transcript)")
    let page = try String(contentsOf: folder.file("shown.html"), encoding: .utf8)
    #expect(page.contains("<html") && page.contains("Node"))
    let without = try await remnant(
      ["run", "--open", "--output", "leaks.html", "--", "./leaky"],
      environment: ["BROWSER": "/no/browser", "PATH": "/usr/bin:/bin"]
    )
    #expect(without.exitStatus == 23)
    #expect(without.errors.contains("file://") || !without.errors.contains("no browser"))
  }

  @Test("A product of the package is built and run with the arguments behind it")
  func product() async throws {
    let sources = folder.url.appending(path: "Sources/Greeter")
    try FileManager.default.createDirectory(at: sources, withIntermediateDirectories: true)
    let manifest = """
      // swift-tools-version: 6.0
      import PackageDescription
      let package = Package(name: "P", targets: [.executableTarget(name: "Greeter")])
      """
    try Data(manifest.utf8).write(to: folder.file("Package.swift"))
    let program = """
      final class Node { var other: Node? }
      do { let node = Node(); node.other = node }
      print(CommandLine.arguments.dropFirst().joined(separator: " "))
      """
    try Data(program.utf8).write(to: sources.appending(path: "main.swift"))
    let run = try await remnant(["run", "--product", "Greeter", "--", "hello", "--output"])
    #expect(run.exitStatus == 23, "\(run.transcript)")
    #expect(run.output == "hello --output\n", "\(run.transcript)")
    let missing = try await remnant(["run", "--product", "Greter"])
    #expect(missing.exitStatus == 125, "\(missing.transcript)")
    #expect(
      missing.errors.contains("no executable product 'Greter'; did you mean 'Greeter'?"),
      "\(missing.transcript)"
    )
    let byName = try await remnant(["run", "Greeter"])
    #expect(byName.exitStatus == 127)
    #expect(byName.errors.contains("did you mean '.build/debug/Greeter'?"), "\(byName.transcript)")
    let tests = try await remnant(["test"])
    #expect(tests.exitStatus == 125)
    #expect(tests.errors.contains("the package has no tests"), "\(tests.transcript)")
    #expect(tests.errors.contains("add a test target"), "\(tests.transcript)")
    #expect(!tests.errors.contains("--skip-build"), "an option that wasn't given isn't named")
    try Data("print(1".utf8).write(to: sources.appending(path: "main.swift"))
    let broken = try await remnant(["run", "--product", "Greeter"])
    #expect(broken.exitStatus == 125)
    #expect(broken.errors.contains("the product 'Greeter' doesn't build"), "\(broken.transcript)")
    #expect(broken.errors.contains("fix the errors above"), "\(broken.transcript)")
  }

  @Test("A type that has no live object is answered with the nearest that has")
  func explainedType() async throws {
    try await leaky()
    for options in [[], ["--output", "leaks.json"]] {
      let run = try await remnant(["run", "--explain", "Nod"] + options + ["--", "./leaky"])
      #expect(run.errors.contains("no live object has the type 'Nod'"), "\(run.transcript)")
      #expect(run.errors.contains("did you mean 'leaky.Node'?"), "\(run.transcript)")
    }
  }

  @Test("A configuration's file may end in .yaml, too")
  func configuration() async throws {
    try await leaky()
    try Data("leak-exit-code: 5\n".utf8).write(to: folder.file(".remnant.yaml"))
    let run = try await remnant(["run", "--", "./leaky"])
    #expect(run.exitStatus == 5, "\(run.transcript)")
  }
}
