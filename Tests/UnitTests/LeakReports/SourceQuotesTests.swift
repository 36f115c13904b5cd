import Foundation
import Testing

@testable import LeakReports

@Suite("Quoted source lines") final class SourceQuotesTests {
  private let folder = FileManager.default.temporaryDirectory
    .appending(path: "remnant-quotes-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func write(_ name: String, _ text: String) throws -> String {
    let file = folder.appending(path: name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data(text.utf8).write(to: file)
    return file.path
  }

  private func quotes(
    of report: LeakReport,
    root: String? = nil
  ) -> [SourceQuotes.Quote] {
    SourceQuotes(in: SourceRoot(root ?? folder.path)).quotes(of: report.findings[0])
  }

  /// Pet.owner is to be made weak; the allocation names a file.
  private func report(allocatedIn file: String) -> LeakReport {
    var report = Examples.cycleByFields
    report.findings[0].allocations[0].frames = [
      .init(function: "f()", file: file, line: 1, image: "App", library: false)
    ]
    return report
  }

  /// What is marked, as text.
  private func marked(_ quote: SourceQuotes.Quote?) -> String? {
    guard let quote, let marked = quote.marked else { return nil }
    return String(Array(quote.text)[marked])
  }

  @Test("a property is quoted where its type declares it, in whichever file beside the named ones")
  func property() throws {
    let main = try write("main.swift", "makeOwner()\n")
    _ = try write(
      "Pet.swift",
      "// class Pet { var owner }\nfinal class Pet {\n  let name = \"{ owner\"\n  weak var other: Owner?\n"
        + "  func f() { var owner = 1 }\n  var owner: Owner?\n}\nclass Cat { var owner: Owner? }\n"
    )
    let quote = try #require(quotes(of: report(allocatedIn: main)).first)
    #expect(quote.file == "Pet.swift")
    #expect(quote.line == 6)
    #expect(marked(quote) == "owner")
  }

  @Test(
    "a property that is declared twice, or in a place that isn't its type, isn't guessed",
    arguments: [
      "#if DEBUG\nclass Pet { var owner: Int? }\n#else\nclass Pet { var owner: Int! }\n#endif\n",
      "/* class Pet { var owner: Int } */\n",
      "let s = \"\"\"\nclass Pet { var owner: Int }\n\"\"\"\n",
      "enum Zoo { class Pet { var owner: Int? } }\n", "class Pet { func f() { let owner = 1 } }\n",
    ]
  )
  func uncertain(source: String) throws {
    let file = try write("main.swift", source)
    #expect(quotes(of: report(allocatedIn: file)) == [])
  }

  @Test(
    "a property of a nested type and of an extension's is found",
    arguments: [
      "struct Zoo {}\nextension Zoo { final class Pet<T: Any> {\n var owner: T? } }\n",
      "enum Zoo { actor Pet where X: Y {\n var owner: Int? { didSet {} } } }\n",
      "enum Zoo {\n} ; extension Zoo.Pet {\nvar owner: Int? }\n",
    ]
  )
  func nested(source: String) throws {
    let file = try write("main.swift", source)
    var report = report(allocatedIn: file)
    report.findings[0].path[1].from = "App.Zoo.Pet"
    report.findings[0].hint?.text = "make `Zoo.Pet.owner` weak"
    #expect(marked(quotes(of: report).first) == "owner")
  }

  @Test(
    "a capture is marked in its closure, as a whole word and outside of comments",
    arguments: [
      ("self.on = { self.bark() }\n", 1, 12),
      ("  f {\n    // self\n    other.self_.x(self)\n  }\n", 3, 18),
      ("on = { [self] in bark() }\n", 1, 8), ("on = { bark() }\nself.x()\n", 1, 5),
    ]
  )
  func capture(source: String, line: Int, column: Int) throws {
    var report = Examples.cycleThroughClosure
    report.findings[0].path[1].location?.file = try write("Pet.swift", source)
    report.findings[0].path[1].location?.line = 1
    let quote = try #require(quotes(of: report).first)
    #expect(quote.line == line)
    #expect(quote.marked?.lowerBound == column)
  }

  @Test("sources outside of the root aren't quoted")
  func outside() throws {
    let file = try write("outside/Pet.swift", "class Pet { var owner: Int? }\n")
    try FileManager.default.createDirectory(
      at: folder.appending(path: "inside"),
      withIntermediateDirectories: true
    )
    #expect(quotes(of: report(allocatedIn: file)).count == 1)
    #expect(quotes(of: report(allocatedIn: file), root: folder.path + "/inside") == [])
  }

  @Test(
    "marks stand below what they mark, with tabs, wide characters, and little room",
    arguments: [
      ("\tvar owner: Owner?", 5..<10, 60), ("let 名前 = 1, owner = 2", 12..<17, 60),
      ("let 名前 = 1", 4..<6, 60), ("\t \tx", 3..<4, 60), ("let 🦜 = { self }", 10..<14, 60),
      (String(repeating: "long ", count: 40) + "owner = 1 + 2 + 3", 200..<205, 30),
      ("owner" + String(repeating: " + long", count: 40), 0..<5, 30),
      (String(repeating: " ", count: 50) + "owner", 50..<55, 30),
      (String(repeating: "x", count: 200), 10..<190, 30),
    ] as [(String, Range<Int>, Int)]
  )
  func marks(source: String, range: Range<Int>, columns: Int) throws {
    for unicode in [true, false] {
      let line = QuotedLine(source, marked: range, columns: columns, tabWidth: 4, unicode: unicode)
      let marks = try #require(line.marks)
      #expect(width(line.text) <= columns)
      // Column by column: what stands above the marks.
      var column = 0
      var above = ""
      let start = marks.prefix { $0 == " " }.count
      for character in line.text {
        if column >= start, column < marks.count { above.append(character) }
        column += TerminalCharacter.width(of: character)
      }
      let wanted = TerminalCharacter.printable(String(Array(source)[range]), unicode: unicode)
      #expect(wanted.hasPrefix(above.prefix(20)) && !above.isEmpty, "\(line.text)\n\(marks)")
      if wanted.count < columns / 2 { #expect(above == wanted, "\(line.text)\n\(marks)") }
    }
  }

  private func width(_ text: String) -> Int {
    text.reduce(0) { $0 + TerminalCharacter.width(of: $1) }
  }

  @Test("the text quotes the line above the fix")
  func text() throws {
    let file = try write("Pet.swift", "class Pet {\n\tvar owner: Owner?\n}\n")
    let text = TextReport.render(
      report(allocatedIn: file),
      options: .init(root: SourceRoot(folder.path))
    )
    #expect(
      text.contains(
        """
          source       Pet.swift:2:6
                       2 |     var owner: Owner?
                         |         ^~~~~
          fix          make `Pet.owner` weak
        """
      ),
      "\(text)"
    )
    #expect(!TextReport.render(report(allocatedIn: file)).contains("source  "))
  }
}
