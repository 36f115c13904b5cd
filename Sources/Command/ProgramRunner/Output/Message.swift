internal import HeapCapture
internal import LeakReports

/// What the tool says about itself on standard error: what happened, and below it what to do.
package struct Message {
  var text: String
  var remedy = ""

  package init(_ text: String, remedy: String = "") {
    self.text = text
    self.remedy = remedy
  }

  init(_ error: any Error) {
    switch error {
    case let error as SessionError: self.init(error.message, remedy: error.remedy)
    case let error as ReportError: self.init(error.message, remedy: error.remedy)
    case let error as CaptureError: self.init(error.message, remedy: error.remedy)
    case let error as ProgramCheck.Refusal: self.init(error.message, remedy: error.remedy)
    default: self.init("\(error)")
    }
  }

  /// As it may be printed: names of files, types and programs are escaped as in a report, so that they can't move
  /// the cursor, turn the writing around, or begin a line that looks like one of the tool's own.
  func printed(unicode: Bool) -> String {
    let lines = [text, remedy].filter { !$0.isEmpty }.map {
      TerminalCharacter.printable($0, unicode: unicode)
    }
    return "remnant: " + lines.joined(separator: "\n") + "\n"
  }
}

extension Terminal {
  package func tell(_ message: Message) { write(message.printed(unicode: showsUnicode)) }

  package func tell(_ error: any Error) { tell(Message(error)) }
}
