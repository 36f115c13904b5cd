import Foundation
import HeapAnalysis
import LeakReports
import TestSupport
import Testing

/// `remnant test` on packages of their own, whose tests leak or don't.
///
/// One after the other: they share a build.
@Suite("remnant test", .serialized) struct TestCommandTests {
  private static let packages = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/TestPackages")

  private func test(
    _ package: String,
    _ arguments: String...,
    environment: [String: String] = [:]
  ) async throws -> Subprocess {
    let separator = arguments.firstIndex(of: "--") ?? arguments.endIndex
    return try await Subprocess.run(
      [try Built.tool(), "test", "--package-path", Self.packages.appending(path: package).path]
        + arguments[..<separator] + ["--", "--scratch-path", Self.scratchPath(of: package)]
        + arguments[separator...].dropFirst(),
      environment: environment
    )
  }

  private static func scratchPath(of package: String) -> String {
    packages.deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: ".build-fixtures/tests/\(package)").path
  }

  private func report(_ package: String, _ arguments: String...) async throws -> LeakReport {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let file = folder.file("report.json")
    let run = try await Subprocess.run(
      [
        try Built.tool(), "test", "--output", file.path, "--package-path",
        Self.packages.appending(path: package).path,
      ] + arguments + ["--", "--scratch-path", Self.scratchPath(of: package)]
    )
    try #require(run.exitStatus == 23, "\(run.transcript)")
    return try LeakReport(json: String(contentsOf: file, encoding: .utf8))
  }

  @Test("Every test has a verdict, and what no call stack tells is found by running tests alone")
  func verdicts() async throws {
    let report = try await report("Leaky")
    var types: [String: Set<String>] = [:]
    var attributions: [String: LeakReport.Test.Attribution] = [:]
    for test in report.tests {
      types[test.id] = Set(
        test.findings.map { signature in
          let finding = report.findings.first { $0.signature == signature }
          return finding.map { "\($0.kind.rawValue) \($0.type)" } ?? "no finding"
        }
      )
      attributions[test.id] = test.attribution
    }
    #expect(
      types == [
        "RingTests.RingTestCase/testAsync": ["retain-cycle Ring.Link"],
        "RingTests.RingTestCase/testClean": [],
        "RingTests.RingTestCase/testKeeps": [],
        "RingTests.RingTestCase/testPolls": [],
        "RingTests.RingTestCase/testRing": ["retain-cycle Ring.Link"],
        "RingTests.OtherTestCase/testClean": [],
        "RingTests.RingSuite/clean()": [],
        "RingTests.RingSuite/retains()": ["unbalanced-retain Ring.Link"],
        "RingTests.RingSuite/numbers(_:)": ["retain-cycle Ring.Link"],
        "RingTests.RingSuite/objects(_:)": [],
        "RingTests.RingSuite/Nested/detached()": ["retain-cycle Ring.Ticket"],
        "RingTests.RingSuite/Nested/detachedToo()": ["retain-cycle Ring.Link"],
        "RingTests.RingSuite/Nested/held()": [],
        "RingTests.free()": [],
      ]
    )
    #expect(attributions["RingTests.RingSuite/Nested/detached()"] == .rerun)
    #expect(attributions["RingTests.RingSuite/Nested/detachedToo()"] == .rerun)
    #expect(attributions["RingTests.RingTestCase/testAsync"] == .stack)
    #expect(attributions["RingTests.free()"] == LeakReport.Test.Attribution.none)
    // The frameworks' own are marked, and nothing of the package is.
    for finding in report.findings where finding.suppressedBy != nil {
      let isFrameworks = finding.path.contains { $0.via == "testRun" }
      #expect(isFrameworks || finding.type == "Foundation.Timer", "\(finding.type)")
    }
    #expect(report.summary.countsNegative == 0)
  }

  @Test("Where nothing runs again, the tests that may have leaked are not called clean")
  func undecided() async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let file = folder.file("report.json")
    let run = try await test(
      "Leaky",
      "--no-rerun",
      "--filter",
      "RingSuite",
      "--output",
      file.path,
      "--output",
      "/dev/stderr"
    )
    #expect(run.exitStatus == 23, "\(run.transcript)")
    let report = try LeakReport(json: String(contentsOf: file, encoding: .utf8))
    let suspects = report.tests.filter { !$0.possibleFindings.isEmpty }
    #expect(suspects.contains { $0.id == "RingTests.RingSuite/Nested/detached()" })
    #expect(suspects.contains { $0.id == "RingTests.RingSuite/clean()" })
    #expect(run.errors.contains("tests may have left"), "\(run.transcript)")
    #expect(!run.errors.contains("left nothing behind"), "\(run.transcript)")
  }

  @Test("A filter chooses tests of both libraries; clean ones pass, with their own output")
  func filters() async throws {
    let run = try await test("Leaky", "--filter", "lean")
    #expect(run.exitStatus == 0, "\(run.transcript)")
    #expect(run.output.contains("Test Case 'RingTestCase.testClean' passed"))
    #expect(!run.output.contains("testRing"))
    #expect(run.transcript.contains("Test run with 1 test"))
    #expect(run.errors.contains("3 tests left nothing behind"))
  }

  @Test("A filter that matches nothing is an error, not a pass")
  func noMatch() async throws {
    let run = try await test("Leaky", "--filter", "testCleen")
    #expect(run.exitStatus == 125)
    #expect(run.errors.contains("--filter 'testCleen' matches none of the "), "\(run.transcript)")
    #expect(run.errors.contains("did you mean 'testClean'?"), "\(run.transcript)")
  }

  @Test("Tests that fail keep their status, and the leaks are reported")
  func failing() async throws {
    let run = try await test(
      "Leaky",
      "--filter",
      "Endings|testRing",
      environment: ["RING_END": "fail"]
    )
    #expect(run.exitStatus == 1, "\(run.transcript)")
    #expect(run.errors.contains("retain cycle, proven"))
  }

  @Test("Of tests that crash, the report says which was running, and calls none of them clean")
  func crashing() async throws {
    let run = try await test(
      "Leaky",
      "--filter",
      "Endings|testClean",
      environment: ["RING_END": "crash"]
    )
    #expect(run.exitStatus == 128 + SIGILL || run.exitStatus == 128 + SIGTRAP, "\(run.transcript)")
    #expect(run.errors.contains("RingTests.Endings/ends() had begun and not ended when signal"))
    #expect(run.errors.contains("1 test could not be examined"))
    #expect(run.errors.contains("2 tests left nothing behind"))
    #expect(run.errors.contains("No leaks found in what could be read"))
  }

  @Test("Tests that succeed and end before anybody could look have not passed")
  func endingEarly() async throws {
    let run = try await test("Leaky", "--filter", "Endings", environment: ["RING_END": "exit"])
    #expect(run.exitStatus == 125, "\(run.transcript)")
    #expect(run.errors.contains("ended before all of them could be examined"))
    #expect(!run.errors.contains("left nothing behind"))
  }

  @Test("Tests that hang are ended when their time is up, and the report says which")
  func hanging() async throws {
    let run = try await test(
      "Leaky",
      "--filter",
      "Endings",
      "--time-limit",
      "2s",
      environment: ["RING_END": "hang"]
    )
    #expect(run.exitStatus == 128 + SIGTERM, "\(run.transcript)")
    #expect(
      run.errors.contains("RingTests.Endings/ends() had begun and not ended when their time was up")
    )
  }

  @Test(
    "A package without tests, one that doesn't build, and none at all are errors",
    arguments: [
      ("Empty", "has no tests"), ("Broken", "don't build"), ("", "there is no Package.swift"),
      ("Nowhere", "a folder that doesn't exist"),
    ]
  )
  func nothingToTest(package: String, message: String) async throws {
    let run = try await test(package)
    #expect(run.exitStatus == 125, "\(run.transcript)")
    #expect(run.errors.contains(message), "\(run.transcript)")
  }

  @Test("What a compiler or a linker gets is passed on as it is")
  func compilerArguments() async throws {
    let arguments = ["-Xlinker", "--defsym=remnant_example=0", "--filter", "testClean"]
    let run = try await Subprocess.run(
      [
        try Built.tool(), "test", "--package-path", Self.packages.appending(path: "Leaky").path,
        "--",
      ]
        + arguments + ["--scratch-path", Self.scratchPath(of: "Leaky-linked")]
    )
    #expect(run.exitStatus == 0, "\(run.transcript)")
    #expect(run.errors.contains("2 tests left nothing behind"))
  }

  @Test("An argument that isn't supported is refused, with what to do")
  func unknownArguments() async throws {
    let run = try await test("Leaky", "--", "--xunit-output", "x.xml")
    #expect(run.exitStatus == 125)
    #expect(run.errors.contains("use `swift test` for it"))
    let bundle = try await Subprocess.run(
      [try Built.tool(), "test", "--bundle", try Built.testBundle(), "--", "-c", "release"]
    )
    #expect(bundle.exitStatus == 125, "\(bundle.transcript)")
    #expect(bundle.errors.contains("'-c' is for a build, and a bundle is built already"))
    let misplaced = try await Subprocess.run([try Built.tool(), "test", "--parallel"])
    #expect(misplaced.exitStatus == 125, "\(misplaced.transcript)")
  }
}
