/// Collects lines that are never wider than they may be.
struct TextCanvas {
  /// Narrower than this, a report can't be drawn; the lines are then as wide as this.
  static let minimumWidth = 40

  fileprivate struct Cell {
    var character: Character
    var style: TextStyle
    var width: Int
    /// Between backticks: code is kept on one line where it can be.
    var isCode = false
  }

  let width: Int
  let colour: Bool
  let unicode: Bool
  private(set) var output = ""

  init(width: Int, colour: Bool, unicode: Bool) {
    self.width = max(width, Self.minimumWidth)
    self.colour = colour
    self.unicode = unicode
  }

  mutating func blank() { output += "\n" }

  /// Adds a text, broken into as many lines as it needs.
  /// - Parameters:
  ///   - text: what to print.
  ///   - first: what the first line begins with.
  ///   - hanging: what the others begin with; as many spaces as `first` is wide if nil.
  mutating func add(_ text: StyledText, first: StyledText = "", hanging: StyledText? = nil) {
    var prefix = cells(of: first)
    let hangingPrefix = hanging.map(cells) ?? spaces(prefix.width)
    var rest = cells(of: text)[...]
    repeat {
      var available = width - prefix.width
      if available < 8 {
        // No prefix of ours is that wide: one with the program's own text in it is.
        emit(prefix)
        prefix = spaces(4)
        available = width - 4
      }
      let end = Self.lineEnd(in: rest, available: available)
      emit(prefix + rest[..<end])
      rest = rest[end...].drop { $0.character == " " }
      prefix = hangingPrefix
    } while !rest.isEmpty
  }

  /// Adds two texts on one line, the second at its right end; on two lines where they don't fit.
  mutating func add(_ left: StyledText, right: StyledText) {
    let leftCells = cells(of: left)
    let rightCells = cells(of: right)
    let gap = width - leftCells.width - rightCells.width
    if gap >= 2 {
      emit(leftCells + spaces(gap) + rightCells)
    } else {
      add(left, hanging: "  ")
      add(right, first: "  ")
    }
  }

  func columns(of text: StyledText) -> Int { cells(of: text).width }

  private func cells(of text: StyledText) -> [Cell] {
    var isCode = false
    return text.runs.flatMap { run in
      TerminalCharacter.printable(run.text, unicode: unicode).map {
        if $0 == "`" { isCode.toggle() }
        return Cell(
          character: $0,
          style: run.style,
          width: TerminalCharacter.width(of: $0),
          isCode: isCode
        )
      }
    }
  }

  private func spaces(_ count: Int) -> [Cell] {
    Array(repeating: Cell(character: " ", style: .plain, width: 1), count: max(count, 0))
  }

  /// Where to end a line.
  ///
  /// At the last space that fits, else behind the last sign that parts a long
  /// name or path, else in the middle of a word. Always behind the first character.
  private static func lineEnd(in cells: ArraySlice<Cell>, available: Int) -> Int {
    var used = 0
    var space: Int?
    var codeSpace: Int?
    var sign: Int?
    for index in cells.indices {
      let cell = cells[index]
      if cell.character == " ", index > cells.startIndex {
        if cell.isCode { codeSpace = index } else { space = index }
      }
      used += cell.width
      if used > available {
        return max(space ?? codeSpace ?? sign ?? index, cells.startIndex + 1)
      }
      if "/.,<(:_".contains(cell.character) { sign = index + 1 }
    }
    return cells.endIndex
  }

  private mutating func emit(_ cells: some Collection<Cell>) {
    var cells = Array(cells)
    while cells.last?.character == " " { cells.removeLast() }
    var style = TextStyle.plain
    for cell in cells {
      if colour, cell.style != style {
        if style != .plain { output += "\u{1B}[0m" }
        if let parameter = cell.style.parameter { output += "\u{1B}[\(parameter)m" }
        style = cell.style
      }
      output.append(cell.character)
    }
    if colour, style != .plain { output += "\u{1B}[0m" }
    output += "\n"
  }
}

extension Array where Element == TextCanvas.Cell {
  fileprivate var width: Int { reduce(0) { $0 + $1.width } }
}
