extension TextReport {
  private static let tabWidth = 4

  /// The source line of what is to be changed, underlined as a compiler does.
  mutating func drawSource(of finding: LeakReport.Finding) {
    guard let quotes = quotes?.quotes(of: finding) else { return }
    for (index, quote) in quotes.enumerated() { draw(quote, label: index == 0 ? "source" : "") }
  }

  private mutating func draw(_ quote: SourceQuotes.Quote, label: String) {
    let column = quote.marked.map { $0.lowerBound + 1 }
    let number = "\(quote.line) | "
    let gutter = String(repeating: " ", count: number.count - 2) + "| "
    add(
      StyledText(sourcePosition(file: quote.file, line: quote.line, column: column), .dim),
      label: label
    )
    let line = QuotedLine(
      quote.text,
      marked: quote.marked,
      columns: canvas.width - Self.textStart - number.count,
      tabWidth: Self.tabWidth,
      unicode: canvas.unicode
    )
    add(StyledText(number, .dim) + StyledText(line.text), label: "")
    guard let marks = line.marks else { return }
    add(StyledText(gutter, .dim) + StyledText(marks, .red), label: "")
  }
}

/// A line of a source file as a terminal shows it, and the line of marks below it.
struct QuotedLine {
  private struct Cell {
    var text: String
    var width: Int
    var isMarked: Bool
  }

  let text: String
  /// `^` at the start, `~` to the end; nil where nothing is marked.
  let marks: String?

  /// - Parameters:
  ///   - line: the source, of whatever length.
  ///   - marked: what is to be underlined, in characters.
  ///   - columns: how many there are for it.
  ///   - tabWidth: columns from one tab stop to the next.
  ///   - unicode: whether more than ASCII is shown.
  init(_ line: String, marked: Range<Int>?, columns: Int, tabWidth: Int, unicode: Bool) {
    var cells: [Cell] = []
    var column = 0
    for (index, character) in line.enumerated() {
      let isTab = character == "\t"
      let text =
        isTab
        ? String(repeating: " ", count: tabWidth - column % tabWidth)
        : TerminalCharacter.printable(String(character), unicode: unicode)
      let width = text.reduce(0) { $0 + TerminalCharacter.width(of: $1) }
      cells.append(Cell(text: text, width: width, isMarked: marked?.contains(index) ?? false))
      column += width
    }
    cells = Self.fitting(cells, in: max(columns, 10))
    while let last = cells.last, !last.isMarked, last.text.allSatisfy({ $0 == " " }) {
      cells.removeLast()
    }
    text = cells.map(\.text).joined()
    guard let first = cells.firstIndex(where: \.isMarked),
      let last = cells.lastIndex(where: \.isMarked)
    else {
      marks = nil
      return
    }
    let indent = cells[..<first].reduce(0) { $0 + $1.width }
    let length = cells[first...last].reduce(0) { $0 + $1.width }
    marks =
      String(repeating: " ", count: indent) + "^"
      + String(repeating: "~", count: max(length - 1, 0))
  }

  /// As much as there is room for: without its indentation first, then only around what is marked.
  private static func fitting(_ cells: [Cell], in columns: Int) -> [Cell] {
    func width(_ cells: some Sequence<Cell>) -> Int { cells.reduce(0) { $0 + $1.width } }
    if width(cells) <= columns { return cells }
    let rest = Array(cells.drop { !$0.isMarked && $0.text.allSatisfy { $0 == " " } })
    if width(rest) <= columns { return rest }
    let more = Cell(text: "...", width: 3, isMarked: false)
    var first = rest.firstIndex(where: \.isMarked) ?? 0
    let end = (rest.lastIndex(where: \.isMarked) ?? 0) + 1
    // What leads up to the mark tells more than what follows it.
    var used = min(width(rest[first..<end]), columns - 6)
    while first > 0, used + rest[first - 1].width <= (columns - 6) * 2 / 3 {
      first -= 1
      used += rest[first].width
    }
    var shown: [Cell] = first > 0 ? [more] : []
    used = width(shown)
    for (index, cell) in rest.enumerated().dropFirst(first) {
      let isLast = index == rest.count - 1
      guard used + cell.width + (isLast ? 0 : 3) <= columns else { return shown + [more] }
      shown.append(cell)
      used += cell.width
    }
    return shown
  }
}
