import LeakReports
import Testing

@testable import HeapCapture
@testable import ProgramRunner

@Suite struct MessageTests {
  @Test("What happened and what to do are a line each, and a missing remedy is none")
  func lines() {
    let message = Message("it broke", remedy: "mend it")
    #expect(message.printed(unicode: true) == "remnant: it broke\nmend it\n")
    #expect(Message("it broke").printed(unicode: true) == "remnant: it broke\n")
  }

  @Test("A name can't begin a line, move the cursor, or leave ASCII where only that is shown")
  func hostileNames() {
    let message = Message("there is no 'a\nremnant: \u{1b}[2J…'", remedy: "\u{202e}use → b")
    #expect(message.printed(unicode: true) == "remnant: there is no 'a remnant: ?[2J…'\n?use → b\n")
    #expect(
      message.printed(unicode: false) == "remnant: there is no 'a remnant: ?[2J...'\n?use -> b\n"
    )
  }

  @Test("Every error of the tool's own keeps its remedy")
  func errors() {
    let errors: [any Error] = [
      SessionError(message: "m", remedy: "r"),
      ReportError(code: .wrongUsage, message: "m", remedy: "r"),
      CaptureError(.processEnded, message: "m", remedy: "r"),
      ProgramCheck.Refusal(message: "m", remedy: "r", exitStatus: 127),
    ]
    for error in errors {
      #expect(Message(error).printed(unicode: true) == "remnant: m\nr\n", "\(type(of: error))")
    }
  }
}
