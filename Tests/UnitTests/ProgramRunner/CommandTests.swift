import Testing

@testable import ProgramRunner

@Suite struct CommandTests {
  @Test("A command's output is read whole, more than a pipe holds as well")
  func output() throws {
    #expect(try Command(["printf", "a b\\n"]).output() == "a b\n")
    #expect(try Command(["head", "-c", "200000", "/dev/zero"]).output().utf8.count == 200_000)
  }

  @Test("A failure is reported with the command's first two words and its status")
  func failure() {
    let error = #expect(throws: SessionError.self) {
      try Command(["sh", "-c", "exit 3"]).output()
    }
    #expect(error?.message == "sh -c failed (status 3)")
  }

  @Test("The status of a command that is only run is its own")
  func status() throws {
    #expect(try Command(["true"]).run() == 0)
    #expect(try Command(["sh", "-c", "exit 3"]).run() == 3)
    #expect(try Command(["sh", "-c", "kill -KILL $$"]).run() == 137)
  }
}
