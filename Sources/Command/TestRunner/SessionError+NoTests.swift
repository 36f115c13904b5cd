internal import LeakReports
internal import ProgramRunner

extension SessionError {
  /// Why no test ran, in terms of what the user asked for.
  init(noneSelectedBy arguments: TestArguments, of all: [String], in bundlePath: String?) {
    if all.isEmpty {
      self.init(
        message: bundlePath.map { "'\($0)' has no tests: nothing was checked" }
          ?? "the package has no tests: nothing was checked",
        remedy: bundlePath == nil ? "add a test" : "name a test bundle (NAME.xctest)"
      )
      return
    }
    let tests = all.count == 1 ? "1 test" : "\(all.count) tests"
    if arguments.selectsAll {
      self.init(
        message: "all \(tests) are of a library that is disabled: nothing was checked",
        remedy: "leave --disable-xctest and --disable-swift-testing out"
      )
      return
    }
    guard let filter = arguments.filters.first else {
      self.init(
        message: "--skip '\(arguments.skips[0])' leaves out all \(tests): nothing was checked",
        remedy: "use a narrower --skip"
      )
      return
    }
    let words = all.flatMap {
      $0.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
    }
    self.init(
      message: "--filter '\(filter)' matches none of the \(tests): nothing was checked"
        + Suggestion.question(of: filter, among: Set(words)),
      remedy: "`swift test list` lists them"
    )
  }
}
