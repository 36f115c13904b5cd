internal import ArgumentParser
internal import Foundation
internal import HeapCapture
internal import LeakReports
internal import ProgramRunner
internal import TestRunner

struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Run a package's tests, and report what each of them leaked.",
    discussion: """
      Builds the package's tests as `swift test` does, and runs them, XCTest and Swift Testing, under the \
      recorder: same output, same results. Nothing has to be added to the package.

      A leak is assigned to the test in whose functions it was allocated; where no call stack tells, to \
      the test that leaves the same leak behind when it runs alone.

      Arguments of `swift test` follow `--`: -- --parallel -c release -Xswiftc -O.

      Exit status: 0 when the tests passed and no finding fails; 23 when they passed and a finding \
      fails; the tests' own, or 128 + signal, when they failed; 125 when there was nothing to test or \
      Remnant itself can't work.
      """
  )

  @OptionGroup var report: ReportOptions

  @Option(
    help: ArgumentHelp("The package's folder.", valueName: "folder"),
    completion: .directory
  )
  var packagePath: String?

  @Option(
    help: ArgumentHelp("Run only tests whose name matches; may be repeated.", valueName: "regex")
  )
  var filter: [String] = []

  @Option(
    help: ArgumentHelp("Leave out tests whose name matches; may be repeated.", valueName: "regex")
  )
  var skip: [String] = []

  @Option(
    help: ArgumentHelp(
      "How long the tests of one library may take (30s, 1m30s, 1.5h). Then a snapshot is taken, they are ended, and "
        + "the report names those that hang.",
      valueName: "duration"
    ),
    transform: DurationArgument.init(parsing:)
  )
  var timeLimit: DurationArgument = DurationArgument(.seconds(3600))

  @Flag(help: "Don't run tests again to find out which of them leaked.")
  var noRerun = false

  @Option(
    help: ArgumentHelp("Run this test bundle, and build nothing.", valueName: "file"),
    completion: .file(extensions: ["xctest"])
  )
  var bundle: String?

  @Argument(
    parsing: .captureForPassthrough,
    help: ArgumentHelp("Arguments of `swift test`.", valueName: "swift-test-arg")
  )
  var passedOn: [String] = []

  func validate() throws {
    if let first = passedOn.first, first != "--" {
      if ["-h", "--help"].contains(first) { throw CleanExit.helpRequest(self) }
      throw ValidationError(unknown(first))
    }
  }

  /// What follows the options without `--` before it.
  private func unknown(_ word: String) -> String {
    let quoted = ShellWord.quoted(word)
    guard word.hasPrefix("-") else {
      return "'\(word)' isn't an option\nto run tests by name: remnant test --filter \(quoted)"
    }
    let question = Suggestion.question(of: word, among: ProgramPart.options(of: Self.self))
    return "there is no option '\(word)'"
      + (question.isEmpty
        ? "\nan option of `swift test` follows `--`: remnant test -- \(quoted)" : question)
  }

  func run() throws {
    let status: Int32
    SignalReceiver.shared.start()
    do {
      var arguments = try TestArguments(Array(passedOn.dropFirst()))
      arguments.filters += filter
      arguments.skips += skip
      let output = try report.makeOutput(configuredIn: packagePath)
      let bundlePath = bundle.map { URL(filePath: $0).path }
      if let packagePath, !FileManager.default.changeCurrentDirectoryPath(packagePath) {
        throw SessionError(
          message: FileManager.default.fileExists(atPath: packagePath)
            ? "--package-path '\(packagePath)' isn't a folder that can be entered"
            : "--package-path names a folder that doesn't exist: '\(packagePath)'",
          remedy: "name the folder that has the Package.swift"
        )
      }
      var session = TestSession(arguments: arguments, output: output)
      session.bundlePath = bundlePath
      session.timeLimit = timeLimit.duration
      session.runsAgain = !noRerun
      status = try session.run()
    } catch let interrupt as Interrupted {
      Terminal.standardError.tell(Message("interrupted: nothing was examined"))
      status = 128 + interrupt.signal
    } catch {
      Terminal.standardError.tell(error)
      status = ExitPolicy.toolFailed
    }
    throw ExitCode(status)
  }
}
