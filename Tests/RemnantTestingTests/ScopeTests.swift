import Foundation
import TestSupport
import Testing

/// What belongs to a scope, in which mode, and at which line it fails.
@Suite("Scopes of checks") struct ScopeTests {
  private func run(_ arguments: [String]) async throws -> Subprocess {
    try await Subprocess.run(
      [try Built.testBundle()] + arguments,
      environment: ["REMNANT_SCOPES": "1"]
    )
  }

  /// The lines of the cells that failed, and those that are marked.
  private func lines(
    _ run: Subprocess,
    _ pattern: String,
    in parts: [String]
  ) throws -> (failed: Set<Int>, marked: Set<Int>) {
    let source = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "ScopeCells.swift")
    var isIn = false
    var marked: Set<Int> = []
    for (index, line) in try String(contentsOf: source, encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      if line.contains("struct ") || line.contains("class ") {
        isIn = parts.contains { line.contains($0) }
      }
      if isIn, line.contains("// fails") { marked.insert(index + 1) }
    }
    let failed = run.transcript.matches(of: try Regex(pattern)).compactMap {
      $0.output[1].substring.flatMap { Int($0) }
    }
    return (Set(failed), marked)
  }

  @Test("each tracked object fails at its line, in the mode that it was tracked in")
  func swiftTesting() async throws {
    let run = try await run(["--testing-library", "swift-testing", "--filter", "ScopeCells/"])
    let lines = try lines(
      run,
      #"✘ Test \S+ recorded an issue at ScopeCells\.swift:(\d+)"#,
      in: ["ScopeCells"]
    )
    #expect(!lines.marked.isEmpty && lines.failed == lines.marked, "\(run.transcript)")
    #expect(run.transcript.contains("create the object in the test's own task"))
  }

  @Test("the same in XCTest")
  func xctest() async throws {
    let run = try await run(["RemnantTestingTests.ScopeCase"])
    let lines = try lines(run, #"ScopeCells\.swift:(\d+): error: "#, in: ["ScopeCase"])
    #expect(lines.failed == lines.marked, "\(run.transcript)")
    // What a property of the test case holds is the test's to let go.
    #expect(run.transcript.contains("set `sut` to nil in `tearDown()`"), "\(run.transcript)")
    #expect(!run.transcript.contains("make `ScopeCase.sut` weak"), "\(run.transcript)")
  }

  @Test("what a mode accepts, swift test and remnant test accept")
  func accepted() async throws {
    let plain = try await run([
      "--testing-library", "swift-testing", "--filter", "AcceptedCells|IgnoredCells",
    ])
    #expect(plain.exitStatus == 0, "\(plain.transcript)")
    #expect(plain.transcript.contains("Test run with 6 tests"), "\(plain.transcript)")
    let watched = try await Subprocess.run(
      [
        try Built.tool(), "test", "--bundle", try Built.testBundle(), "--no-config", "--filter",
        "AcceptedCells",
      ],
      environment: ["REMNANT_SCOPES": "1"]
    )
    #expect(watched.exitStatus == 0, "\(watched.transcript)")
    #expect(watched.errors.contains("accepted by a test"), "\(watched.transcript)")
  }

  @Test("a suite in which nothing is tracked fails for what its tests allocated and leaked")
  func allocations() async throws {
    let run = try await run(["--testing-library", "swift-testing", "--filter", "AllocationCells"])
    let lines = try lines(
      run,
      #"✘ Test \S+ recorded an issue at ScopeCells\.swift:(\d+)"#,
      in: ["AllocationCells"]
    )
    // Each in its test's name.
    #expect(
      run.transcript.matches(of: #/✘ Test leaked\(\) recorded an issue/#).count >= 2,
      "\(run.transcript)"
    )
    #expect(!lines.marked.isEmpty && lines.failed == lines.marked, "\(run.transcript)")
  }
}
