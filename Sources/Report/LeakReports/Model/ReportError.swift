/// What went wrong with a report, said so that the reader can act on it.
package struct ReportError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What kind of failure it is; the command line turns it into an exit status.
  package enum Code: Sendable, Equatable {
    /// An option's value makes no sense, or names something that this version doesn't have.
    case wrongUsage
    /// The file is no report, or one of a newer Remnant.
    case unreadableReport
    /// A baseline, a configuration or a suppression file makes no sense.
    case unreadableInput
    /// The report could not be written, or not completely.
    case cannotWrite
  }

  package var code: Code
  /// What happened, with the value or path that it happened to.
  package var message: String
  /// What to do about it, as an imperative.
  package var remedy: String

  package init(code: Code, message: String, remedy: String) {
    self.code = code
    self.message = message
    self.remedy = remedy
  }

  package var description: String { "\(message); \(remedy)" }
}
