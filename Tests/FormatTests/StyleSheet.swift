import Foundation

/// The colors of the page's style sheet: which text stands on which ground.
struct StyleSheet {
  /// In sRGB, from 0 to 1.
  struct Color: Hashable {
    var red, green, blue: Double

    /// As WCAG 2.2 defines it: from 1 to 21.
    func contrast(to other: Color) -> Double {
      let (darker, lighter) = (min(luminance, other.luminance), max(luminance, other.luminance))
      return (lighter + 0.05) / (darker + 0.05)
    }

    private var luminance: Double {
      func linear(_ value: Double) -> Double {
        value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
      }
      return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }
  }

  struct Pair: Hashable {
    var text, ground: String
  }

  private struct Rule {
    var selector: String
    var declarations: [(name: String, value: String)]

    func value(of names: String...) -> String? {
      declarations.last { names.contains($0.name) }?.value
    }
  }

  private let isDark: Bool
  private var variables: [String: String] = [:]
  private var rules: [Rule] = []

  init(_ text: String, isDark: Bool) {
    self.isDark = isDark
    let css = text.replacing(/\/\*[\s\S]*?\*\//, with: "")
    for match in css.matches(of: /([^{}]+)\{([^{}]*)\}/) {
      let declarations = match.2.split(separator: ";").compactMap { declaration in
        let parts = declaration.split(separator: ":", maxSplits: 1).map {
          $0.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        return parts.count == 2 ? (name: parts[0], value: parts[1]) : nil
      }
      let selector = match.1.trimmingCharacters(in: .whitespacesAndNewlines)
      rules.append(Rule(selector: selector, declarations: declarations))
      for (name, value) in declarations where name.hasPrefix("--") { variables[name] = value }
    }
  }

  // MARK: Which colors meet

  /// What a rule says of the text's color, where it is a color.
  private func text(of rule: Rule) -> String? {
    let value =
      rule.selector.contains("text") ? rule.value(of: "color", "fill") : rule.value(of: "color")
    return value.flatMap { isColor($0) ? $0 : nil }
  }

  /// What a rule says of what is behind: the shapes of pictures are behind text, too.
  private func ground(of rule: Rule) -> String? {
    let isShape = !rule.selector.contains("text") && rule.value(of: "stroke") != nil
    let value = rule.value(of: "background") ?? (isShape ? rule.value(of: "fill") : nil)
    return value.flatMap { isColor($0) ? $0 : nil }
  }

  private func isColor(_ value: String) -> Bool {
    color(value, ["leaked": "0%", "tone": "0%"]) != nil
  }

  /// Colors of text whose rule doesn't say what is behind it.
  var texts: Set<String> {
    Set(rules.filter { ground(of: $0) == nil }.compactMap(text))
  }

  /// What text of any color may be on: not a color of text itself, nor a mixed one, which is that of a box with its text.
  var grounds: Set<String> {
    Set(rules.compactMap(ground).filter { $0.hasPrefix("var(") }).subtracting(texts)
  }

  /// A rule's own text and ground; and each other text on each other ground, since any may hold any.
  var pairs: Set<Pair> {
    var pairs: Set<Pair> = []
    for rule in rules {
      guard let text = text(of: rule) else { continue }
      if let ground = ground(of: rule) {
        pairs.insert(Pair(text: text, ground: ground))
      } else {
        for ground in grounds { pairs.insert(Pair(text: text, ground: ground)) }
      }
    }
    return pairs
  }

  /// The selectors of what is partly transparent.
  var translucent: [String] {
    rules.filter { $0.value(of: "opacity").flatMap(Double.init).map { $0 < 1 } ?? false }.map(
      \.selector
    )
  }

  // MARK: What a color is

  /// The color that an expression stands for; nil for what is none, such as `inherit`.
  ///
  /// The values are of variables that the page sets itself, by their names without hyphens.
  func color(_ expression: String, _ values: [String: String] = [:]) -> Color? {
    let text = expression.trimmingCharacters(in: .whitespacesAndNewlines)
    if text.hasPrefix("#"), text.utf8.count == 7, let number = Int(text.dropFirst(), radix: 16) {
      func part(_ shift: Int) -> Double { Double(number >> shift & 0xff) / 255 }
      return Color(red: part(16), green: part(8), blue: part(0))
    }
    guard let open = text.firstIndex(of: "("), text.hasSuffix(")") else { return nil }
    let arguments = Self.arguments(text[text.index(after: open)...].dropLast())
    switch text[..<open] {
    case "var": return variables[arguments[0]].flatMap { color($0, values) }
    case "light-dark": return arguments.count == 2 ? color(arguments[isDark ? 1 : 0], values) : nil
    case "color-mix": return mix(arguments, values)
    default: return nil
    }
  }

  /// `in srgb, A 35%, B`: of two colors, one has its share written behind it.
  private func mix(_ arguments: [String], _ values: [String: String]) -> Color? {
    guard arguments.count == 3, arguments[0] == "in srgb" else { return nil }
    let parts = arguments.dropFirst().map { shared($0, values) }
    guard let first = color(parts[0].color, values), let second = color(parts[1].color, values),
      let share = parts[0].share ?? parts[1].share.map({ 1 - $0 })
    else { return nil }
    func between(_ path: KeyPath<Color, Double>) -> Double {
      first[keyPath: path] * share + second[keyPath: path] * (1 - share)
    }
    return Color(red: between(\.red), green: between(\.green), blue: between(\.blue))
  }

  private func shared(_ text: String, _ values: [String: String]) -> (color: String, share: Double?)
  {
    guard let space = text.lastIndex(of: " ") else { return (text, nil) }
    var last = String(text[text.index(after: space)...])
    if let name = last.wholeMatch(of: /var\(--([a-z]+)\)/), let value = values[String(name.1)] {
      last = value
    }
    guard last.hasSuffix("%"), let percent = Double(last.dropLast()) else { return (text, nil) }
    return (String(text[..<space]), percent / 100)
  }

  /// At the commas that aren't within further parentheses.
  private static func arguments(_ text: Substring) -> [String] {
    var arguments = [""]
    var depth = 0
    for character in text {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      if character == ",", depth == 0 {
        arguments.append("")
      } else {
        arguments[arguments.count - 1].append(character)
      }
    }
    return arguments.map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
