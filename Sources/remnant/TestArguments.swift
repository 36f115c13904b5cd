/// What `swift test` would get, divided among those who understand it.
struct TestArguments {
  /// For `swift build`.
  var building: [String] = []
  /// Regular expressions.
  var filters: [String] = []
  var skips: [String] = []
  /// For Swift Testing's own runner.
  var swiftTesting: [String] = []
  var skipsBuild = false
  var runsXCTest = true
  var runsSwiftTesting = true

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    func value(of option: String) throws -> String {
      guard let value = rest.popFirst() else {
        throw SessionError(message: "\(option) needs a value", remedy: "see `swift test --help`")
      }
      return value
    }
    while let argument = rest.popFirst() {
      // `--filter=X` is `--filter X`.
      if argument.hasPrefix("--"), let sign = argument.firstIndex(of: "=") {
        rest.insert(String(argument[argument.index(after: sign)...]), at: rest.startIndex)
        rest.insert(String(argument[..<sign]), at: rest.startIndex)
        continue
      }
      switch argument {
      case "--filter", "-s", "--specifier": filters.append(try value(of: argument))
      case "--skip": skips.append(try value(of: argument))
      case "--skip-build": skipsBuild = true
      case "--disable-xctest": runsXCTest = false
      case "--disable-swift-testing": runsSwiftTesting = false
      // XCTest's tests run in one process, one after the other: what they leak is seen together.
      case "--enable-xctest", "--enable-swift-testing", "--parallel": break
      case "--num-workers": _ = try value(of: argument)
      case "--no-parallel": swiftTesting.append(argument)
      case "--attachments-path", "--repetitions", "--repeat-until":
        swiftTesting += [argument, try value(of: argument)]
      case "--xunit-output", "--list-tests", "-l", "list", "--enable-code-coverage",
        "--show-codecov-path":
        throw SessionError(
          message: "\(argument) has no place here",
          remedy: "use `swift test` for it: the tests are the same"
        )
      default: building.append(argument)
      }
    }
  }
}
