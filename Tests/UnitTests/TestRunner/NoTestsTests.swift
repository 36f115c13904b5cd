import ProgramRunner
import Testing

@testable import TestRunner

/// Why no test ran: each cause has a remedy of its own.
@Suite struct NoTestsTests {
  private func error(
    _ arguments: [String],
    of tests: [String],
    in bundle: String? = nil
  ) throws
    -> SessionError
  {
    SessionError(noneSelectedBy: try TestArguments(arguments), of: tests, in: bundle)
  }

  @Test("A package without tests, and a bundle without")
  func none() throws {
    #expect(
      try error([], of: []).description == """
        the package has no tests: nothing was checked
        add a test
        """
    )
    #expect(try error([], of: [], in: "x.xctest").message.hasPrefix("'x.xctest' has no tests"))
  }

  @Test("A filter that matches nothing gets the name that was perhaps meant")
  func filter() throws {
    let error = try error(["--filter", "TreTests"], of: ["App.TreeTests/add()", "App.Other/b()"])
    #expect(
      error.message == "--filter 'TreTests' matches none of the 2 tests: nothing was checked; "
        + "did you mean 'TreeTests'?"
    )
  }

  @Test("A skip that leaves nothing, and a disabled library, are named as what they are")
  func others() throws {
    #expect(
      try error(["--skip", "."], of: ["A.b()"]).message
        == "--skip '.' leaves out all 1 test: nothing was checked"
    )
    #expect(
      try error(["--disable-xctest"], of: ["A.b/c", "A.b/d"]).message
        == "all 2 tests are of a library that is disabled: nothing was checked"
    )
  }
}
