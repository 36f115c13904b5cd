/// The exit status of `run` and `test`, as the table in Documentation/Interface.md says.
package struct ExitPolicy: Sendable, Hashable {
  /// The status that says "the program succeeded and a finding fails", where nothing changes it.
  package static let standardLeakExitCode: Int32 = 23
  /// The status that says "Remnant failed, or cannot work here".
  package static let toolFailed: Int32 = 125

  /// How the program ended.
  package enum ProgramEnd: Sendable, Hashable {
    case exited(status: Int32)
    case signalled(Int32)
  }

  package var failurePolicy: FailurePolicy
  /// `--leak-exit-code`.
  package var leakExitCode: Int32
  /// `--allow-unexamined`: whether success is believed of what could not be looked at.
  package var allowsUnexamined = false

  /// What applies where no option says otherwise.
  package static let standard = ExitPolicy(
    unchecked: .standard,
    leakExitCode: standardLeakExitCode
  )

  private init(unchecked failurePolicy: FailurePolicy, leakExitCode: Int32) {
    self.failurePolicy = failurePolicy
    self.leakExitCode = leakExitCode
  }

  package init(
    failurePolicy: FailurePolicy = .standard,
    leakExitCode: Int32 = Self.standardLeakExitCode
  ) throws {
    guard (0...255).contains(leakExitCode) else {
      throw ReportError(
        code: .wrongUsage,
        message: "--leak-exit-code \(leakExitCode) isn't an exit status",
        remedy: "use a number from 0 to 255"
      )
    }
    self.failurePolicy = failurePolicy
    self.leakExitCode = leakExitCode
  }

  /// What to exit with, once the program has ended.
  ///
  /// The program's own failure wins over everything: the tool only turns success into failure. It does so, too, where
  /// nothing could be looked at: that is never a silent success.
  /// - Parameters:
  ///   - program: how the program ended.
  ///   - report: what was found; nil where Remnant itself failed.
  /// - Returns: the exit status of the tool.
  package func status(program: ProgramEnd, report: LeakReport?) -> Int32 {
    switch program {
    case .signalled(let signal): return 128 + signal
    case .exited(let status) where status != 0: return status
    case .exited: break
    }
    guard let report else { return Self.toolFailed }
    if failurePolicy.fails(report) { return leakExitCode }
    return report.isUnchecked && !allowsUnexamined ? Self.toolFailed : 0
  }
}
