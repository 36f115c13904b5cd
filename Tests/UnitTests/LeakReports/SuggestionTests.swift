import Testing

@testable import LeakReports

@Suite struct SuggestionTests {
  private let words = ["retain-cycle", "unbalanced-retain", "zombie", "growth", "html", "json"]

  @Test(
    "A mistyped word is near to the one that was meant",
    arguments: [
      ("zombi", "zombie"), ("zombies", "zombie"), ("Zombie", "zombie"),
      ("retain-cycel", "retain-cycle"), ("htm", "html"), ("jsno", "json"), ("josn", "json"),
      ("jso", "json"), ("leak", nil), ("", nil),
    ] as [(String, String?)]
  )
  func nearest(word: String, meant: String?) {
    #expect(Suggestion.nearest(to: word, among: words) == meant)
  }

  @Test("Of none there is none")
  func nothing() {
    #expect(Suggestion.nearest(to: "word", among: []) == nil)
    #expect(Suggestion.question(of: "word", among: []) == "")
    #expect(Suggestion.question(of: "zombi", among: words) == "; did you mean 'zombie'?")
  }
}
