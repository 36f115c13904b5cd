import Foundation
import TestSupport
import Testing

@testable import HeapCapture
@testable import ProgramRunner

@Suite struct MissingProgramTests {
  private func remedy(for program: String, status: Int32 = 127) -> String {
    let refusal = ProgramCheck.Refusal(message: "m", remedy: "as it was", exitStatus: status)
    return MissingProgram.explained(refusal, program: program).remedy
  }

  @Test("An option in the program's place is shown where it belongs")
  func option() {
    #expect(
      remedy(for: "--depth")
        == "options of Remnant's stand before `--`: remnant run --depth … -- PROGRAM"
    )
  }

  @Test("A mistyped path gets the executable file beside it that is nearest")
  func nearest() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    for (name, mode) in [("server", 0o755), ("serve.txt", 0o644)] {
      try folder.write(name, "")
      try FileManager.default.setAttributes(
        [.posixPermissions: mode],
        ofItemAtPath: folder.file(name).path
      )
    }
    let mistyped = folder.file("sevrer").path
    #expect(remedy(for: mistyped) == "did you mean '\(folder.file("server").path)'?")
  }

  @Test("A program that is there but can't be run keeps the remedy for that")
  func notExecutable() {
    #expect(remedy(for: "--depth", status: 126) == "as it was")
  }

  @Test("An empty name has nothing near it")
  func empty() {
    #expect(remedy(for: "") == "as it was")
  }
}
