import ProgramRunner
import Testing

@testable import TestRunner

@Suite struct TestArgumentsTests {
  @Test("Arguments of `swift test` go to the build, to Swift Testing, or to the choice of tests")
  func divided() throws {
    let arguments = try TestArguments([
      "-c", "release", "--filter", "A", "-s", "B", "--skip=C", "--no-parallel", "--num-workers",
      "2",
      "--repetitions", "3", "-Xswiftc", "--skip", "--traits", "X", "--parallel",
    ])
    #expect(arguments.building == ["-c", "release", "-Xswiftc", "--skip", "--traits", "X"])
    #expect(arguments.filters == ["A", "B"])
    #expect(arguments.skips == ["C"])
    #expect(arguments.swiftTesting == ["--no-parallel", "--repetitions", "3"])
    #expect(!arguments.skipsBuild && arguments.runsXCTest && arguments.runsSwiftTesting)
  }

  @Test("A library can be disabled, and the build left out")
  func disabled() throws {
    let arguments = try TestArguments(["--disable-xctest", "--skip-build"])
    #expect(!arguments.runsXCTest && arguments.runsSwiftTesting && arguments.skipsBuild)
    #expect(try !TestArguments(["--disable-swift-testing"]).runsSwiftTesting)
  }

  @Test("The value of an option may have an equals sign, and other options keep theirs")
  func equalsSigns() throws {
    let arguments = try TestArguments(["--filter=a=b", "--traits=X"])
    #expect(arguments.filters == ["a=b"])
    #expect(arguments.building == ["--traits=X"])
  }

  @Test(
    "What only `swift test` can do is refused, with what to use",
    arguments: [
      ("--list-tests", "use `swift test` for it"), ("--xunit-output", "use `swift test` for it"),
      ("--package-path=x", "write it before: remnant test --package-path FOLDER"),
      ("--test-product", "--bundle FILE"), ("--filter", "swift test --help"),
    ]
  )
  func refused(argument: String, remedy: String) {
    let error = #expect(throws: SessionError.self) { try TestArguments([argument]) }
    #expect(error?.remedy.contains(remedy) == true)
  }

  @Test("Filters let through what any of them matches, and skips leave out of that")
  func selected() throws {
    let tests = ["App.Tree/add()", "App.Tree/remove()", "App.Queue/add()"]
    func selected(_ arguments: String...) throws -> [String] {
      try TestArguments(arguments).selected(from: tests)
    }
    #expect(try selected() == tests)
    #expect(try selected("--filter", "Queue", "--filter", "remove") == Array(tests[1...]))
    #expect(try selected("--filter", "Tree", "--skip", "add") == [tests[1]])
    #expect(try selected("--filter", "^App\\.Tree/add\\(\\)$") == [tests[0]])
    #expect(try selected("--filter", "Nothing").isEmpty)
  }

  @Test("A filter that isn't a regular expression is quoted")
  func badExpression() throws {
    let arguments = try TestArguments(["--filter", "add("])
    let error = #expect(throws: SessionError.self) { try arguments.selected(from: ["a"]) }
    #expect(error?.message.hasPrefix("'add(' isn't a regular expression") == true)
  }
}
