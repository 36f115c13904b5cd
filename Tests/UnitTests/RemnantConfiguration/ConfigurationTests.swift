import LeakReports
import Testing

@testable import RemnantConfiguration

@Suite("The configuration file") struct ConfigurationTests {
  @Test("every setting is read")
  func settings() throws {
    let configuration = try Configuration(
      parsing: """
        # A comment.
        fail-on: [retain-cycle, unbalanced-retain:proven]
        show: zombie
        baseline: leaks.baseline.json
        suppressions:
          - leaks.supp
          - more.supp
        limits:
          8f0c3a51d2b7e694: 10
          1234567890123456: 2
        leak-exit-code: 1
        depth: 32
        """,
      file: ".remnant.yml"
    )
    #expect(configuration.failOn == "retain-cycle,unbalanced-retain:proven")
    #expect(configuration.show == "zombie")
    #expect(configuration.baseline == "leaks.baseline.json")
    #expect(configuration.suppressions == ["leaks.supp", "more.supp"])
    #expect(configuration.limits == ["8f0c3a51d2b7e694": 10, "1234567890123456": 2])
    #expect(configuration.leakExitCode == 1)
    #expect(configuration.depth == 32)
  }

  @Test("what looks like an alias between quotes, within a word and in a comment is none")
  func noAliases() throws {
    let text = "# &a *b\nsuppressions: ['*.supp', \"&b\", a&b*c]  # *d\nbaseline: it's\n"
    let configuration = try Configuration(parsing: text, file: "c")
    #expect(configuration.suppressions == ["*.supp", "&b", "a&b*c"])
    #expect(configuration.baseline == "it's")
  }

  @Test("an empty file sets nothing", arguments: ["", "# nothing\n", "---\n", "~\n"])
  func empty(text: String) throws {
    #expect(try Configuration(parsing: text, file: "c") == Configuration())
  }

  @Test(
    "what makes no sense is refused by its line, with what to write",
    arguments: [
      ("fail_on: x", "c:1:1: there is no setting 'fail_on'; did you mean 'fail-on'"),
      ("\nfoo: 1", "c:2:1: there is no setting 'foo'; use fail-on"),
      ("depth: 1\ndepth: 2", "depth is there twice"),
      ("depth: deep", "c:1:8: depth: 'deep' isn't a number from 1 to 512"),
      ("depth: 0", "'0' isn't a number from 1 to 512"),
      ("leak-exit-code: 300", "'300' isn't a number from 0 to 255"),
      ("fail-on: leaks", "c:1:10: fail-on: there is no kind of finding 'leaks'"),
      ("fail-on: [retain-cycle:sure]", "there is no confidence 'sure'"),
      ("show: [[a]]", "show: a text is expected"), ("limits: 3", "signatures with numbers"),
      ("limits:\n  App.Owner: 3", "c:2:3: limits: a signature is expected"),
      ("limits:\n  8f0c3a51d2b7e694: -1", "'-1' isn't a number from 0"),
      ("- a", "settings are expected"),
      ("text", "settings are expected"), ("fail-on: [", "c:"), ("a: b: c", "c:1:"), ("\t- x", "c:"),
      ("suppressions: {a: b}", "a text or a list is expected"),
      ("baseline: []", "a text is expected"),
      ("a: &a [x]\nb: &b [*a,*a]\n? *b\n: 1", "c:1:4: settings have no anchors"),
      ("suppressions:\n  - *a", "c:2:5: settings have no anchors and aliases"),
    ]
  )
  func refused(text: String, message: String) {
    let error = #expect(throws: ReportError.self) { try Configuration(parsing: text, file: "c") }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }
}
