import Testing

@testable import LeakReports

@Suite struct ByteSearchTests {
  @Test(
    "A text is found wherever it is, and nowhere else",
    arguments: [
      ("abc", "abc", true), ("xabc", "abc", true), ("abcx", "abc", true), ("aabc", "abc", true),
      ("ababc", "abc", true), ("ab", "abc", false), ("abxabx", "abc", false), ("", "abc", false),
      ("abab", "abc", false), ("x", "", true), ("", "", true), ("a\0abc", "abc", true),
      ("\"schemaVersion\"", "\"schemaVersion\"", true), ("é", "é", true),
    ]
  )
  func found(text: String, sought: String, isFound: Bool) {
    #expect(Array(text.utf8).contains(sought) == isFound)
  }
}
