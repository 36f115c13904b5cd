import ELF
import Foundation
import HeapAnalysis
import HeapGraph
import LeakReports
import TestSupport
import Testing

/// What suspended functions hold, named by debug information, and without it.
@Suite("Variables of suspended functions") struct SuspendedVariableTests {
  /// Whose variable an object is reached by.
  private struct Variable: Hashable {
    var name: String
    var function: String

    init(_ name: String, of function: String) {
      self.name = name
      self.function = function
    }
  }

  private static let expected = [
    "App.Purchases": Variable("self", of: "closure #1 in Purchases.listen()"),
    "App.Session": Variable("session", of: "Camera.run(_:)"),
    "App.Special": Variable("base", of: "static Special.wait(for:)"),
  ]

  @Test(
    "Each reference of a suspended function is a variable, in every kind of debug information",
    arguments: [
      ["-Onone", "-g"], ["-O", "-g"], ["-Onone", "-g", "-dwarf-version=5"],
      ["-O", "-g", "-dwarf-version=5"],
    ]
  )
  func variables(options: [String]) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let program = try await build(options, in: folder)
    let compressed = program + "-compressed"
    try await expectSuccess(["objcopy", "--compress-debug-sections", program, compressed])
    for program in [program, compressed] {
      let leaky = try await look(program, "leak", in: folder)
      #expect(leaky.findings.count == 4)
      #expect(leaky.findings.allSatisfy { $0.kind == .stuckTask && $0.confidence == .checked })
      #expect(variables(in: leaky) == Self.expected)
      #expect(!leaky.summary.notes.contains { $0.contains("debug information") })
      // Names, and no more: what is named isn't known to own.
      let steps = leaky.findings.flatMap(\.path).filter { $0.variableOf != nil }
      #expect(steps.allSatisfy { !$0.exact && $0.ownership == .conservative })
      let frames = leaky.findings.compactMap(\.suspendedIn).joined()
      let camera = frames.first { $0.function == "Camera.run(_:)" }
      #expect(
        camera?.variables == [
          .init(name: "self", type: "App.Camera"), .init(name: "session", type: "App.Session"),
        ]
      )
      if options[0] == "-Onone" {
        let row = frames.first { $0.function == "static Row.fill(_:)" }
        #expect(row?.variables == [.init(name: "row", type: "App.Row")])
      }
    }
  }

  @Test("What holds an object that isn't leaked is named alike", arguments: ["-Onone", "-O"])
  func held(option: String) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let program = try await build([option, "-g"], in: folder)
    let report = try await look(program, "hold", in: folder, ["--explain", "App.Camera"])
    #expect(report.findings.isEmpty)
    let step = try #require(report.explanations.first?.holdings.first?.path.last)
    #expect(step.to == "App.Camera")
    #expect(step.via == "self")
    #expect(step.variableOf == "Camera.run(_:)")
  }

  @Test("The text names the variable, its function, and what to change")
  func text() async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let program = try await build(["-O", "-g"], in: folder)
    let run = try await Subprocess.run([try Built.tool(), "run", "--", program, "leak"])
    #expect(
      run.errors.contains(
        """
           ╰─ self, a variable of that closure → App.Purchases, the start
              ~~~~ capture self weakly
        """
      ),
      "\(run.errors)"
    )
    #expect(run.errors.contains("╰─ session, a variable of that function → App.Session"))
  }

  @Test(
    "Debug information, whole, damaged, or absent, changes no verdict",
    arguments: ["-Onone", "-O"]
  )
  func verdicts(option: String) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let program = try await build([option, "-g"], in: folder)
    let whole = try await look(program, "leak", in: folder)
    let bare = program + "-bare"
    try await expectSuccess(["objcopy", "--strip-debug", program, bare])
    let copies = try [bare] + damagedCopies(of: program)
    for copy in copies {
      let report = try await look(copy, "leak", in: folder)
      #expect(Self.verdicts(of: report) == Self.verdicts(of: whole), "\(copy)")
      #expect(report.summary.countsExplained == whole.summary.countsExplained)
      let hasNote = report.summary.notes.contains {
        $0.contains("its debug information is damaged")
      }
      // Without any there is nothing to be said, and a flipped bit need not be seen.
      if copy == bare { #expect(!hasNote) }
      if copy.hasSuffix("-zeros") { #expect(hasNote, "\(report.summary.notes)") }
      guard copy == bare || copy.hasSuffix("-zeros") else { continue }
      #expect(variables(in: report).isEmpty)
      let last = report.findings.first { $0.type.contains("Purchases.listen()") }?.path.last
      #expect(last?.via == "frame of closure #1 in Purchases.listen()")
    }
  }

  /// The same program with the section of debug information's entries overwritten, or with flipped bits.
  private func damagedCopies(of program: String) throws -> [String] {
    let file = try ELFFile(path: program)
    let part = try #require(file.section(named: ".debug_info").flatMap { file.range(of: $0) })
    let whole = try Data(contentsOf: URL(filePath: program))
    var random = SplitMix64(state: 16)
    return try ["-zeros", "-half", "-bit", "-bits"].map { name in
      var contents = whole
      switch name {
      case "-zeros": contents.replaceSubrange(part, with: repeatElement(0, count: part.count))
      case "-half":
        let half = part.lowerBound + part.count / 2..<part.upperBound
        contents.replaceSubrange(half, with: repeatElement(0xff, count: half.count))
      default:
        for _ in 0..<(name == "-bit" ? 1 : 1_000) {
          contents[Int.random(in: part, using: &random)] ^=
            1 << UInt8.random(in: 0..<8, using: &random)
        }
      }
      try contents.write(to: URL(filePath: program + name))
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755],
        ofItemAtPath: program + name
      )
      return program + name
    }
  }

  // MARK: Help

  private static func verdicts(of report: LeakReport) -> Set<String> {
    Set(
      report.findings.map {
        "\($0.signature) \($0.kind) \($0.confidence) \($0.count) \($0.strongCount) \($0.exactCount)"
      }
    )
  }

  private func variables(in report: LeakReport) -> [String: Variable] {
    var result: [String: Variable] = [:]
    for step in report.findings.flatMap(\.path) {
      if let function = step.variableOf { result[step.to] = Variable(step.via, of: function) }
    }
    return result
  }

  private func build(_ options: [String], in folder: TemporaryFolder) async throws -> String {
    let program = folder.file("Listeners").path
    let source = Fixture.root.appending(path: "Fixtures/Variants/Listeners.swift").path
    try await expectSuccess(
      ["swiftc", "-parse-as-library", "-module-name", "App", source, "-o", program] + options
    )
    return program
  }

  private func look(
    _ program: String,
    _ mode: String,
    in folder: TemporaryFolder,
    _ options: [String] = []
  ) async throws -> LeakReport {
    let file = folder.file("\(UUID().uuidString).json")
    let run = try await Subprocess.run(
      [try Built.tool(), "run", "--output", file.path] + options + ["--", program, mode]
    )
    #expect(run.output == "done\n", "\(run.transcript)")
    #expect(run.exitStatus == (mode == "leak" ? 23 : 0), "\(run.transcript)")
    return try LeakReport(json: try String(contentsOf: file, encoding: .utf8))
  }

  private func expectSuccess(_ command: [String]) async throws {
    let run = try await Subprocess.run(command)
    try #require(run.exitStatus == 0, "\(run.transcript)")
  }
}
