import HeapCapture
import Testing

@testable import ProgramRunner

@Suite struct UnexaminedTests {
  private func unexamined(_ children: [String], followed: Bool) throws -> Unexamined {
    let check = try ProgramCheck(program: "/bin/sh", searchPath: nil)
    return Unexamined(childrenOf: check, named: children, areFollowed: followed)
  }

  @Test("A program that only starts others is named with them, and with the option to follow them")
  func children() throws {
    let reason = try unexamined(["swift", "cat"], followed: false)
    #expect(
      reason.note
        == "Nothing was examined: sh is not a Swift program, and it started others (swift, cat), "
        + "which were not looked at."
    )
    #expect(reason.message.remedy.hasPrefix("add --follow-children"))
    #expect(reason.message.remedy.hasSuffix("--allow-unexamined accepts it"))
  }

  @Test("Of many children five are named")
  func manyChildren() throws {
    let names = (1...9).map { "p\($0)" }
    #expect(try unexamined(names, followed: true).reason.hasSuffix("(p1, p2, p3, p4, p5, …)"))
    #expect(try unexamined([], followed: true).reason.hasSuffix("those that it started"))
  }

  @Test("A snapshot that failed without a remedy of its own is worth another try")
  func captureError() {
    let error = CaptureError(.processEnded, message: "it ended")
    #expect(
      Unexamined(error).message.description == """
        nothing was examined: it ended
        run it again; --allow-unexamined accepts it
        """
    )
  }
}
