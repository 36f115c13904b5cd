import Foundation
import Testing

/// Compares a text with the file of the test's name in `Golden/`.
///
/// Where there is no such file it is written, and the test fails all the same: a person has to look
/// at it. To record it again, delete it.
func expectGolden(
  _ text: String,
  function: String = #function,
  file: String = #filePath,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let name = function.prefix { $0 != "(" }.map {
    $0.isLetter || $0.isNumber ? String($0) : "-"
  }.joined()
  let golden = URL(filePath: file).deletingLastPathComponent()
    .appending(path: "Golden/\(name).txt")
  guard let expected = try? String(contentsOf: golden, encoding: .utf8) else {
    try text.write(to: golden, atomically: true, encoding: .utf8)
    Issue.record("recorded \(golden.path): look at it", sourceLocation: sourceLocation)
    return
  }
  #expect(text == expected, sourceLocation: sourceLocation)
}
