import Foundation
import TestSupport
import Testing

/// What a user installs, and copies into a CI system.
@Suite("The product") struct ProductTests {
  @Test("An installation works wherever it is moved, and is taken away whole")
  func installation() async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let build = URL(filePath: try Built.tool()).deletingLastPathComponent().path
    let prefix = folder.file("a prefix").path
    let moved = folder.file("moved to here").path
    let install = try await Subprocess.run(
      ["make", "install", "PREFIX=\(prefix)", "BUILD=\(build)"],
      in: Reader.root
    )
    #expect(install.exitStatus == 0, "\(install.transcript)")
    try FileManager.default.moveItem(atPath: prefix, toPath: moved)
    let demo = try await Subprocess.run(
      [moved + "/bin/remnant", "demo"],
      in: folder.url
    )
    #expect(demo.exitStatus == 0, "\(demo.transcript)")
    #expect(demo.output.contains("remnant_demo.Connection"))
    for shell in ["bash", "zsh"] {
      let script =
        shell == "bash"
        ? "share/bash-completion/completions/remnant" : "share/zsh/site-functions/_remnant"
      let text = try String(contentsOfFile: "\(moved)/\(script)", encoding: .utf8)
      #expect(text.contains("--update-baseline"))
    }
    let check = try await Subprocess.run([
      "bash", "-n", moved + "/share/bash-completion/completions/remnant",
    ])
    #expect(check.exitStatus == 0, "\(check.transcript)")
    try FileManager.default.moveItem(atPath: moved, toPath: prefix)
    let uninstall = try await Subprocess.run(
      ["make", "uninstall", "PREFIX=\(prefix)"],
      in: Reader.root
    )
    #expect(uninstall.exitStatus == 0, "\(uninstall.transcript)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: prefix) == [])
  }

  @Test("The manual page is valid")
  func manual() async throws {
    let page = Reader.root.appending(path: "Documentation/remnant.1")
    let lint = try await Subprocess.run(["mandoc", "-T", "lint", "-W", "error", page.path])
    #expect(lint.exitStatus == 0, "\(lint.transcript)")
  }

  @Test("The workflows are what GitHub and GitLab read")
  func workflows() async throws {
    let folder = Reader.root.appending(path: "Documentation/Workflows")
    for options in [
      ["--builtin-schema", "vendor.github-workflows", folder.appending(path: "github.yml").path],
      [
        "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci",
        folder.appending(path: "gitlab.yml").path,
      ],
    ] {
      let run = try await Subprocess.run(
        [Reader.root.appending(path: ".build/readers/bin/check-jsonschema").path] + options
      )
      #expect(run.exitStatus == 0, "\(run.transcript)")
    }
  }
}
