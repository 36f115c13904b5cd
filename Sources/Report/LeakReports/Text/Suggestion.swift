/// What a mistyped word was perhaps meant to be.
package enum Suggestion {
  /// The nearest of some words; nil where none is near enough to be meant.
  ///
  /// Complexity: O(*n* · *m*²) for *n* words of *m* characters.
  package static func nearest(
    to word: String,
    among words: some Sequence<String>
  ) -> String? {
    let wanted = Array(word.lowercased())
    // A letter in three may be wrong: more is another word.
    let limit = max(1, wanted.count / 3)
    let ranked = words.map { word in
      let letters = Array(word.lowercased())
      return (
        word: word, distance: distance(wanted, letters), growth: abs(letters.count - wanted.count)
      )
    }
    // A slip of the fingers changes letters more often than their number.
    .min { ($0.distance, $0.growth, $0.word) < ($1.distance, $1.growth, $1.word) }
    return ranked.flatMap { $0.distance <= limit ? $0.word : nil }
  }

  /// `; did you mean 'zombie'?`, or nothing.
  package static func question(of word: String, among words: some Sequence<String>) -> String {
    let others = words.filter { $0 != word }
    return nearest(to: word, among: others).map { "; did you mean '\($0)'?" } ?? ""
  }

  /// How many letters have to be inserted, removed, replaced, or exchanged with the next one: the distance of Damerau
  /// (1964), as "optimal string alignment" counts it.
  private static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var rows = [Array(0...right.count)]
    for i in left.indices {
      var row = [i + 1]
      for j in right.indices {
        var best = min(
          rows[i][j] + (left[i] == right[j] ? 0 : 1),
          rows[i][j + 1] + 1,
          row[j] + 1
        )
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
          best = min(best, rows[i - 1][j - 1] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[left.count][right.count]
  }
}
