/// How a piece of text looks in a terminal.
enum TextStyle: Sendable {
  case plain, bold, dim, red, green, yellow, cyan

  /// The parameter of "select graphic rendition" (ECMA-48, 8.3.117).
  var parameter: String? {
    switch self {
    case .plain: nil
    case .bold: "1"
    case .dim: "2"
    case .red: "1;31"
    case .green: "32"
    case .yellow: "33"
    case .cyan: "36"
    }
  }
}

/// Text with its looks, before it is broken into lines.
struct StyledText: Sendable, ExpressibleByStringInterpolation {
  struct Run: Sendable {
    var text: String
    var style: TextStyle
  }

  var runs: [Run]

  init(_ text: String, _ style: TextStyle = .plain) { runs = [Run(text: text, style: style)] }

  init(stringLiteral text: String) { self.init(text) }

  static func + (left: StyledText, right: StyledText) -> StyledText {
    var sum = left
    sum.runs += right.runs
    return sum
  }

  static func += (left: inout StyledText, right: StyledText) { left.runs += right.runs }
}
