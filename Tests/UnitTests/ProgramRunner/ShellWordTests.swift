import TestSupport
import Testing

@testable import ProgramRunner

@Suite struct ShellWordTests {
  @Test(
    "A word is quoted only where a shell would read something else",
    arguments: [
      ("App", "App"), ("--filter=A.b/c", "--filter=A.b/c"), ("", "''"), ("a b", "'a b'"),
      ("$HOME", "'$HOME'"), ("it's", #"'it'\''s'"#), ("a;b", "'a;b'"), ("*", "'*'"), ("~", "'~'"),
      ("é", "'é'"),
    ]
  )
  func quoted(word: String, printed: String) {
    #expect(ShellWord.quoted(word) == printed)
  }

  @Test("Characters that would move the cursor or turn the text around are printed by number")
  func unprintable() {
    #expect(ShellWord.quoted("a\nb\tc") == #"$'a\nb\tc'"#)
    #expect(ShellWord.quoted("\u{1b}[2J") == #"$'\u001b[2J'"#)
    #expect(ShellWord.quoted("a\u{202e}b'\\") == #"$'a\u202eb\'\\'"#)
    #expect(ShellWord.quoted("\u{e0001}") == #"$'\U000e0001'"#)
  }

  @Test("A shell reads each word back as it was")
  func roundTrip() async throws {
    let words = [
      "plain", "", "two words", "it's", "\"", "\\", "$(id)", "`id`", "a\nb", "\t", "\u{1b}[31m",
      "\u{202e}", "🧠", "-n", "!", "#", "[a]*?", "~root", "\u{7f}", "'''", "\r\n",
    ]
    let line = "printf '%s\\0' " + words.map(ShellWord.quoted).joined(separator: " ")
    let run = try await Subprocess.run(["bash", "-c", line], environment: ["LC_ALL": "C.UTF-8"])
    // Byte by byte: Swift takes "\r\n" for one character.
    let read = run.output.utf8.split(separator: 0, omittingEmptySubsequences: false).dropLast()
    #expect(read.map { String($0) } == words, "\(run.transcript)")
  }
}
