import Foundation
import TestSupport
import Testing

/// Libraries' objects that keep what they were given until a call: the advice names the call.
@Suite("Remedies", .timeLimit(.minutes(10))) struct RemedyTests {
  private static let calls = [
    "session": "call `finishTasksAndInvalidate()` or `invalidateAndCancel()` on the session",
    "observation": "capture `self` weakly in the `onChange` closure of `withObservationTracking`",
    "work-item": "capture weakly in the block of the `DispatchWorkItem`",
    "process": "or set `terminationHandler` to nil when the process has ended",
    "operation": "or set `completionBlock` to nil when the operation has finished",
    "notification": "or call `removeObserver(_:)` with the observer's token",
    "timer": "Foundation never frees a Timer",
    "stream": "or call `finish()` on the stream's continuation",
    "throwing-stream": "or call `finish()` on the stream's continuation",
  ]

  /// Said, and fails nothing: Foundation's own leak.
  private static let isAccepted: Set = ["timer"]

  @Test("The call is named, in debug and in optimized builds", arguments: ["-Onone", "-O"])
  func calls(optimization: String) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let program = try await compiled(optimization, in: folder)
    for (name, call) in Self.calls {
      let run = try await Subprocess.run([try Built.tool(), "run", "--", program, name])
      #expect(
        run.exitStatus == (Self.isAccepted.contains(name) ? 0 : 23),
        "\(name): \(run.transcript)"
      )
      #expect(words(of: run).contains(call), "\(name): \(run.transcript)")
    }
    let group = try await Subprocess.run([try Built.tool(), "run", "--", program, "group"])
    #expect(group.exitStatus == 0, "\(group.transcript)")
    #expect(
      words(of: group).contains("100 × Task, finished, result not taken, in the group of "),
      "\(group.transcript)"
    )
    #expect(words(of: group).contains("use `withDiscardingTaskGroup`"), "\(group.transcript)")
  }

  private func compiled(_ optimization: String, in folder: TemporaryFolder) async throws -> String {
    let program = folder.file("Remedies").path
    let source = Fixture.root.appending(path: "Fixtures/Variants/Remedies.swift").path
    let build = try await Subprocess.run(
      ["swiftc", "-module-name", "Remedies", optimization, "-g", source, "-o", program],
      timeout: 600
    )
    try #require(build.exitStatus == 0, "\(build.transcript)")
    return program
  }

  /// Lines are broken at the width of a page.
  private func words(of run: Subprocess) -> String {
    run.transcript.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
