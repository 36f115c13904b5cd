import HeapAnalysis
import HeapGraph
import HeapTestSupport
import TestSupport
import Testing

@testable import LeakReports

@Suite("The text report")
struct TextReportTests {
  @Test("a cycle by fields is drawn with its fix, its counts and its allocation")
  func cycleByFields() throws {
    try expectGolden(TextReport.render(Examples.cycleByFields))
  }

  @Test("a cycle through a closure names the closure, its file and its capture")
  func cycleThroughClosure() throws {
    try expectGolden(TextReport.render(Examples.cycleThroughClosure))
  }

  @Test("doubtful findings say why, and what names them")
  func doubtfulFindings() throws {
    try expectGolden(
      TextReport.render(
        Examples.doubtful,
        options: .init(nextCommand: "remnant report leaks.json")
      )
    )
  }

  @Test("a report without findings is one calm line and the summary")
  func noFindings() throws {
    var heap = HeapBuilder()
    _ = heap.block("App.Owner")
    try expectGolden(TextReport.render(heap.report([], explained: 1233, unexplained: 1)))
  }

  @Test("what keeps a type alive is drawn from its root on, and the census is a table")
  func explanations() throws {
    try expectGolden(TextReport.render(Examples.explained, options: .init(showsCensus: true)))
  }

  @Test("a look at nothing is not called clean")
  func nothingJudged() throws {
    let text = TextReport.render(HeapBuilder().report([], explained: 0))
    #expect(!text.contains("No leaks"))
    #expect(text.contains("nothing was checked"))
    #expect(text.contains("No Swift object was left alive."))
    var context = ReportContext.example
    // No Swift, and nothing of it to judge; but what such a program started may be Swift.
    context.target.hasSwift = false
    context.capture.complete = false
    let none = TextReport.render(HeapBuilder().report([], explained: 0, context: context))
    #expect(none.contains("Nothing was checked"))
  }

  @Test("an incomplete snapshot is not called clean")
  func incompleteSnapshot() throws {
    var context = ReportContext.example
    context.capture.complete = false
    context.capture.unreadable = 4096
    let text = TextReport.render(HeapBuilder().report([], context: context))
    #expect(text.contains("No leaks found in what could be read"))
    #expect(text.contains("4.0 KB could not be read"))
  }

  @Test("on a terminal without UTF-8 everything is ASCII")
  func asciiOnly() throws {
    let text = TextReport.render(Examples.cycleThroughClosure, options: .init(unicode: false))
    #expect(text.utf8.allSatisfy { $0 < 0x80 })
    try expectGolden(text)
  }

  @Test("a narrow terminal gets hanging indents")
  func narrowTerminal() throws {
    try expectGolden(TextReport.render(Examples.cycleThroughClosure, options: .init(width: 50)))
  }

  @Test("colour changes nothing but the colour")
  func colour() throws {
    let plain = TextReport.render(Examples.doubtful)
    let coloured = TextReport.render(Examples.doubtful, options: .init(colour: true))
    #expect(!plain.contains("\u{1B}"))
    #expect(coloured.contains("\u{1B}[1;31m"))
    #expect(coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "") == plain)
  }

  @Test("colour never runs over the end of a line")
  func colourEndsWithItsLine() throws {
    let coloured = TextReport.render(Examples.doubtful, options: .init(colour: true))
    for line in coloured.split(separator: "\n") where line.contains("\u{1B}") {
      #expect(line.matches(of: /\u{1B}\[[0-9;]*m/).last?.output == "\u{1B}[0m")
    }
  }

  @Test("a text made from the JSON is the text made from the value")
  func sameFromJSON() throws {
    let again = try LeakReport(json: Examples.doubtful.json())
    #expect(TextReport.render(again) == TextReport.render(Examples.doubtful))
  }

  @Test("a long ring is cut in the middle, and keeps what to change")
  func longRing() throws {
    try expectGolden(TextReport.render(Examples.ring(of: 100, changing: 60)))
  }

  @Test("no line is ever wider than it may be, and no control character gets through")
  func widthHolds() throws {
    var generator = SplitMix64(state: 42)
    for round in 0..<100 {
      let report = Examples.random(using: &generator)
      let width = Int.random(in: 20...120, using: &generator)
      let unicode = Bool.random(using: &generator)
      let text = TextReport.render(report, options: .init(width: width, unicode: unicode))
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      let widest = lines.map { $0.reduce(0) { $0 + TerminalCharacter.width(of: $1) } }.max() ?? 0
      #expect(widest <= max(width, 40), "round \(round)")
      // Escape sequences, the eight-bit ones too, and what turns the direction of writing.
      let isHarmless = text.unicodeScalars.allSatisfy { scalar in
        switch scalar.properties.generalCategory {
        case .control: scalar == "\n"
        case .format: scalar == "\u{200D}"
        default: true
        }
      }
      #expect(isHarmless, "round \(round)")
      if !unicode {
        #expect(text.utf8.allSatisfy { $0 < 0x80 }, "round \(round)")
        #expect(lines.allSatisfy { $0.utf8.count <= max(width, 40) }, "round \(round)")
      }
    }
  }
}
