/// A number with its thousands grouped: `12,345`.
func grouped(_ number: Int) -> String {
  var digits = String(number.magnitude)
  var groups: [String] = []
  while digits.count > 3 {
    groups.insert(String(digits.suffix(3)), at: 0)
    digits.removeLast(3)
  }
  groups.insert(digits, at: 0)
  return (number < 0 ? "-" : "") + groups.joined(separator: ",")
}

/// `1 object`, `1,200 objects`; the plural is made with an s where none is given.
func quantity(_ count: Int, _ singular: String, _ plural: String? = nil) -> String {
  "\(grouped(count)) \(count == 1 ? singular : plural ?? singular + "s")"
}

/// `640 bytes`, `2.0 KB`, `12.3 MB`: in steps of 1,024, as allocators count.
func readableBytes(_ bytes: Int) -> String {
  guard bytes.magnitude >= 1024 else { return quantity(bytes, "byte") }
  var value = Double(bytes) / 1024
  var unit = 0
  let units = ["KB", "MB", "GB", "TB", "PB"]
  // 1,023.95 KB would print as 1024.0 KB.
  while value.magnitude >= 1023.95, unit < units.count - 1 {
    value /= 1024
    unit += 1
  }
  return "\(oneDecimal(value)) \(units[unit])"
}

/// One digit after the point, rounded.
private func oneDecimal(_ value: Double) -> String {
  let tenths = Int((value.magnitude * 10).rounded())
  return "\(value < 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
}

/// What part of a whole, rounded down: 100 % is only said of all.
func percentage(_ part: Int, of whole: Int) -> String {
  guard whole > 0, part < whole else { return "100 %" }
  let tenths = Int((Double(part) / Double(whole) * 1000).rounded(.down))
  return "\(tenths / 10).\(tenths % 10) %"
}

/// The last component of a path.
func fileName(_ path: String) -> String {
  path.split(separator: "/").last.map(String.init) ?? path
}

/// `Pet.swift:12`, or the file alone.
func sourcePosition(file: String, line: Int?, column: Int? = nil) -> String {
  guard let line, line > 0 else { return file }
  guard let column, column > 0 else { return "\(file):\(line)" }
  return "\(file):\(line):\(column)"
}

/// A fully qualified type without its modules and without what makes private types unique:
/// `App.Box<App.Pet>` → `Box<Pet>`, `App.(Pet in $5581)` → `Pet`.
func shortTypeName(_ type: String) -> String {
  guard type.contains("."), !type.hasPrefix("closure #") else { return type }
  var result = ""
  var path = ""
  var depth = 0
  // A type that an extension declares: `(extension in App):Other.Pet.Kind`.
  for character in type.replacing(/\(extension in [^)]*\):/, with: "") {
    switch character {
    case "(" where depth > 0 || path.last == ".":
      depth += 1
      path.append(character)
    case ")" where depth > 0:
      depth -= 1
      path.append(character)
    case _ where depth > 0: path.append(character)
    case "<", ">", ",", " ", "(", ")", "?", "!", "&", "[", "]":
      result += shortPath(path)
      result.append(character)
      path = ""
    default: path.append(character)
    }
  }
  return result + shortPath(path)
}

/// A dotted path without its module; what follows generic arguments has none: `Box<Int>.Kind`.
private func shortPath(_ path: String) -> String {
  path.hasPrefix(".") ? path : withoutModule(path)
}

/// One dotted path without its first component; `(Pet in $5581)` becomes `Pet`, and
/// `(unknown context at $5581)` nothing.
private func withoutModule(_ path: String) -> String {
  var components: [String] = []
  var depth = 0
  var component = ""
  for character in path {
    if character == "(" { depth += 1 }
    if character == ")" { depth -= 1 }
    if character == ".", depth == 0 {
      components.append(component)
      component = ""
    } else {
      component.append(character)
    }
  }
  components.append(component)
  guard components.count > 1 else { return path }
  return components.dropFirst().compactMap { component in
    guard component.hasPrefix("("), component.hasSuffix(")") else { return component }
    let words = component.dropFirst().dropLast().split(separator: " ")
    return words.count == 3 && words[1] == "in" ? String(words[0]) : nil
  }.joined(separator: ".")
}
