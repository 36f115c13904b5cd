internal import ProgramRunner

/// What `swift test` would get, divided among those who understand it.
package struct TestArguments {
  /// For `swift build`.
  var building: [String] = []
  /// Regular expressions.
  package var filters: [String] = []
  package var skips: [String] = []
  /// For Swift Testing's own runner.
  var swiftTesting: [String] = []
  var skipsBuild = false
  var runsXCTest = true
  var runsSwiftTesting = true

  /// Options of this tool's concern that take a value.
  private static let withValue: Set = [
    "--filter", "--specifier", "--skip", "--num-workers", "--attachments-path", "--repetitions",
    "--repeat-until", "--package-path", "--xunit-output", "--test-product",
  ]

  package init(_ arguments: [String]) throws {
    var rest = arguments[...]
    func value(of option: String) throws -> String {
      guard let value = rest.popFirst() else {
        throw SessionError(message: "'\(option)' needs a value", remedy: "see `swift test --help`")
      }
      return value
    }
    while let argument = rest.popFirst() {
      // `--filter=X` is `--filter X`.
      if let sign = argument.firstIndex(of: "="), Self.withValue.contains(String(argument[..<sign]))
      {
        rest.insert(String(argument[argument.index(after: sign)...]), at: rest.startIndex)
        rest.insert(String(argument[..<sign]), at: rest.startIndex)
        continue
      }
      switch argument {
      // What follows is the compiler's or the linker's, whatever it looks like.
      case "-Xswiftc", "-Xcc", "-Xcxx", "-Xlinker", "-Xbuild-tools-swiftc":
        building += [argument, try value(of: argument)]
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
          message: "'\(argument)' isn't supported by `remnant test`",
          remedy: "use `swift test` for it: the tests are the same"
        )
      case "--package-path":
        throw SessionError(
          message: "'\(argument)' can't follow `--`",
          remedy: "write it before: remnant test --package-path FOLDER"
        )
      case "--test-product":
        throw SessionError(
          message: "'\(argument)' isn't supported by `remnant test`",
          remedy: "name the bundle that is to run: --bundle FILE, and --skip-build"
        )
      default: building.append(argument)
      }
    }
  }

  // MARK: Which tests

  /// Whether every test runs.
  var selectsAll: Bool { filters.isEmpty && skips.isEmpty }

  /// The tests that the filters let through, in their order.
  func selected(from tests: [String]) throws -> [String] {
    let filters = try filters.map(Self.expression)
    let skips = try skips.map(Self.expression)
    return tests.filter { test in
      (filters.isEmpty || filters.contains { test.firstMatch(of: $0) != nil })
        && !skips.contains { test.firstMatch(of: $0) != nil }
    }
  }

  private static func expression(_ text: String) throws -> Regex<AnyRegexOutput> {
    do { return try Regex(text) } catch {
      throw SessionError(
        message: "'\(text)' isn't a regular expression: \(error)",
        remedy: "use one such as 'ParserTests/', and write \\\\( for a parenthesis"
      )
    }
  }
}
