internal import ArgumentParser
internal import Foundation
internal import HeapCapture
internal import LeakReports
internal import ProgramRunner

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a program and report, at its exit, what leaked.",
    discussion: """
      The program runs unchanged: same output, same input, same exit status. The report goes to \
      standard error, or to --output.

      A program that doesn't end by itself is examined with --after, or when the tool is interrupted \
      (Control-C): the snapshot is taken first, then the program gets the signal.

      Exit status: 0 when the program succeeded and no finding fails; 23 when it succeeded and a \
      finding fails; the program's own, or 128 + signal, when it failed; 125 when Remnant itself \
      can't work, or nothing could be examined; 126 when the program is not executable; 127 when it \
      is not found.
      """
  )

  @OptionGroup var report: ReportOptions

  @Option(
    help: ArgumentHelp(
      "Examine the program after a time (30s, 1m30s, 1.5h), then end it with SIGTERM.",
      valueName: "duration"
    ),
    transform: DurationArgument.init(parsing:)
  )
  var after: DurationArgument?

  @Flag(help: "Where the program isn't Swift, examine the first Swift program that it starts.")
  var followChildren = false

  @Flag(help: "Put the program's arguments into the report.")
  var includeArguments = false

  @Option(
    help: ArgumentHelp(
      "Build an executable product of the package in this folder and run it; what follows are its arguments.",
      valueName: "name"
    )
  )
  var product: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("How --product is built: debug or release.", valueName: "configuration"),
    completion: .list(["debug", "release"])
  )
  var configuration: String?

  @Flag(help: "Show the report as a page in the browser.")
  var open = false

  @Argument(
    parsing: .captureForPassthrough,
    help: ArgumentHelp("The program and its arguments.", valueName: "program"),
    completion: .file()
  )
  var program: [String] = []

  func validate() throws {
    if let option = program.first, option.hasPrefix("-"), option != "--" {
      // What begins the program's part is taken as it is, the request for help as well.
      if ["-h", "--help"].contains(option) { throw CleanExit.helpRequest(self) }
      let options = ProgramPart.options(of: Self.self)
      let question = Suggestion.question(of: option, among: options)
      throw ValidationError(
        "there is no option '\(option)'"
          + (question.isEmpty ? "; write `--` before the program and its own options" : question)
      )
    }
    let part = ProgramPart(words: program)
    guard product != nil || !part.command.isEmpty else {
      throw ValidationError(
        "no program is named\nuse: remnant run -- PROGRAM [ARG…], or in a package: remnant run --product NAME"
      )
    }
    if configuration != nil, product == nil {
      throw ValidationError(
        "--configuration is for --product: a program is run as it was built\nadd --product NAME, or leave it out"
      )
    }
    if let configuration, !["debug", "release"].contains(configuration) {
      throw ValidationError("there is no configuration '\(configuration)'\nuse debug or release")
    }
    if product == nil, !followChildren, let (message, remedy) = part.remedyForSwift {
      throw ValidationError("\(message)\n\(remedy)")
    }
  }

  /// The program and its arguments, built where that was asked for.
  private func makeCommand() throws -> [String] {
    let part = ProgramPart(words: program)
    if let product {
      return [try BuiltProduct.path(named: product, configuration: configuration)] + part.command
    }
    if let option = part.misplacedOption(of: Self.self) {
      Terminal.standardError.tell(
        Message(
          "'\(option)' follows the program, so it is passed to the program",
          remedy: "to use it for the report: remnant run \(option) … -- \(part.command[0]); "
            + "if it is the program's own, write `--` before the program"
        )
      )
    }
    return part.command
  }

  func run() throws {
    let status: Int32
    SignalReceiver.shared.start()
    do {
      var output = try report.makeOutput()
      output.opensPage = open
      var session = RunSession(command: try makeCommand(), output: output)
      session.followsChildren = followChildren
      session.includesArguments = includeArguments
      session.deadline = after?.duration
      status = try session.run()
    } catch {
      Terminal.standardError.tell(error)
      status =
        switch error {
        case let refusal as ProgramCheck.Refusal: refusal.exitStatus
        case let error as LaunchError: error.exitStatus
        default: ExitPolicy.toolFailed
        }
    }
    throw ExitCode(status)
  }
}
