internal import Foundation
internal import HeapCapture

/// What there is no verdict on, and why: never passed over in silence.
struct Unexamined {
  /// A clause that ends a sentence which begins with "nothing was examined:".
  var reason: String
  var remedy: String

  /// A program that has ended without a snapshot, and may have filtered its system calls (seccomp).
  init(
    _ program: WatchedProgram,
    _ check: ProgramCheck,
    _ status: WatchedProgram.Status,
    filtered: Bool
  ) {
    let file = check.interpreter ?? check.path
    let earlier = "take the snapshot earlier: with --after, or at an interrupt"
    switch (program.control.phase, program.control.ending, status) {
    case (.launched, _, _): self = Self.withoutRecorder(file)
    case (_, _, .killed(SIGSYS)) where filtered, (_, _, .killed(SIGKILL)) where filtered:
      self.init(
        reason: "its own filter of system calls (seccomp) ended it, perhaps for a call of the "
          + "recorder's, which makes none once it has seen a filter installed",
        remedy: "install the filter by libc's prctl or syscall, where the recorder sees it; "
          + "or \(earlier)"
      )
    case (_, _, .killed(let signal)):
      self.init(
        reason: "it was killed by signal \(signal) (\(String(cString: strsignal(signal))))",
        remedy: earlier
      )
    case (_, .exec, _):
      self.init(
        reason: "it replaced itself with another program (exec) that the recorder is not in, or "
          + "can't report from, as from another user namespace",
        remedy: "run that program itself, if it is linked dynamically and not set-user-ID"
      )
    case (_, .underscoreExit, _):
      self.init(reason: "it ended with _exit", remedy: "call exit; or \(earlier)")
    case (_, .quickExit, _):
      self.init(reason: "it ended with quick_exit", remedy: "call exit; or \(earlier)")
    default:
      self.init(
        reason: "it ended with neither exit nor _exit, but by a direct system call",
        remedy: "let it call exit; or \(earlier)"
      )
    }
  }

  private init(reason: String, remedy: String) {
    self.reason = reason
    self.remedy = remedy
  }

  /// The program was there, and could not be looked at.
  init(_ error: CaptureError) {
    reason = error.message
    remedy = error.remedy.isEmpty ? "run it again" : error.remedy
  }

  /// The program isn't Swift, and what it started may be.
  init(childrenOf check: ProgramCheck, named children: [String], areFollowed: Bool) {
    let name = URL(filePath: check.interpreter ?? check.path).lastPathComponent
    let most = 5
    let shown = children.prefix(most).joined(separator: ", ")
    let names = children.isEmpty ? "" : children.count > most ? " (\(shown), …)" : " (\(shown))"
    if areFollowed {
      reason =
        "\(name) is not a Swift program, and none was found among those that it started\(names)"
      remedy = "run the Swift program itself: remnant run -- PROGRAM"
    } else {
      reason =
        "\(name) is not a Swift program, and it started others\(names), which were not looked at"
      remedy = "add --follow-children, or run the Swift program itself"
    }
  }

  /// Why the recorder that was to be preloaded has not been heard of.
  private static func withoutRecorder(_ file: String) -> Unexamined {
    let name = URL(filePath: file).lastPathComponent
    if PrivilegedProgram.isPrivileged(file) {
      return Unexamined(
        reason: "\(name) runs with the rights of another user (set-user-ID, set-group-ID or file "
          + "capabilities), and the loader preloads nothing into such programs",
        remedy: "run a copy without those rights (cp \(name) COPY), or run Remnant as the user "
          + "whose rights it gets"
      )
    }
    return Unexamined(
      reason: "the recorder did not take hold in \(name)",
      remedy: "run a program that glibc's own loader starts, and that sees this file system"
    )
  }

  /// For the report.
  var note: String { "Nothing was examined: \(reason)." }

  /// For the user, whatever else is printed.
  var message: SessionError {
    SessionError(
      message: "nothing was examined: \(reason)",
      remedy: "\(remedy); --allow-unexamined accepts it"
    )
  }
}
