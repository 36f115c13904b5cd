import Foundation
import TestSupport
import Testing

/// The workflows that users copy run as they are, up to the tool's own call.
@Suite("Workflows") struct WorkflowTests {
  /// What a workflow runs before the tests, as one script.
  private static let extract = """
    import sys
    from ruamel.yaml import YAML
    for document in YAML(typ="safe").load_all(open(sys.argv[1])):
      if "jobs" in document:
        steps = document["jobs"]["leaks"]["steps"]
        for step in steps:
          if step.get("name") == "Test under Remnant": break
          # What a hit in the cache leaves out.
          if step.get("if", "").startswith("steps.cache"): print('[ -e "$REMNANT_PREFIX/bin/remnant" ] ||(')
          print(step.get("run", ""))
          if step.get("if", "").startswith("steps.cache"): print(")")
        print('PATH="$(tail -n 1 "$GITHUB_PATH"):$PATH"')
      else:
        print("\\n".join(document["leaks"]["before_script"]))
    """

  @Test("Each installs the tool once, and finds it the next time", arguments: ["github", "gitlab"])
  func install(system: String) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let script = try await Reader.python(
      Self.extract,
      Reader.root.appending(path: "Documentation/Workflows/\(system).yml").path
    )
    // The image's package manager and compiler are replaced; everything else is what the script calls.
    let build = URL(filePath: try Built.tool()).deletingLastPathComponent().path
    for (name, text) in [
      ("apt-get", "echo apt \"$@\" >>$LOG"),
      ("swift", "echo swift \"$@\" >>$LOG; mkdir -p .build && ln -sfn \(build) .build/release"),
    ] {
      let source = folder.file("\(name).contents")
      try Data("#!/bin/sh\n\(text)\n".utf8).write(to: source)
      _ = try await folder.installProgram(from: source.path, as: name)
    }
    let repository = folder.file("repository").path
    let clone = try await Subprocess.run([
      "sh", "-c",
      "git clone --quiet --bare \"file://$0\" \"$1\" && git -C \"$1\" branch -f copied HEAD",
      Reader.root.path, repository,
    ])
    try #require(clone.exitStatus == 0, "\(clone.transcript)")
    for _ in 0..<2 {
      let source = "/tmp/remnant-source"
      let own = script.replacing(source, with: folder.file("source").path)
      let run = try await Subprocess.run(
        ["bash", "-e", "-c", own + "\nremnant --version"],
        in: folder.url,
        environment: [
          "PATH": "\(folder.url.path):/usr/local/bin:/usr/bin:/bin", "LOG": folder.file("log").path,
          "REMNANT_REPOSITORY": "file://\(repository)", "REMNANT_VERSION": "copied",
          "REMNANT_PREFIX": folder.file("prefix").path, "GITHUB_PATH": folder.file("path").path,
          "GITHUB_OUTPUT": folder.file("output").path,
        ]
      )
      #expect(
        run.exitStatus == 0 && run.output.contains(/^remnant \d/.anchorsMatchLineEndings()),
        "\(run.transcript)"
      )
    }
    let log = try folder.text("log")
    #expect(log.components(separatedBy: "swift build -c release").count == 2, "\(log)")
  }

  @Test("What using the tool takes is installed: the Swift images have no make")
  func make() throws {
    let text = try String(
      contentsOf: Reader.root.appending(path: ".ci/install"),
      encoding: .utf8
    )
    let use = try #require(text.firstMatch(of: /wanted=\(([^)]*)\)/)?.1)
    #expect(use.split(separator: " ").contains("make"))
  }
}
