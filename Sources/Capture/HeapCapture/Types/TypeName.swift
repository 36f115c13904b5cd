/// Makes a demangled type name the one that `String(reflecting:)` prints, and stable.
///
/// Private and local types carry a discriminator that is an address or a hash of the file
/// (`App.(Cache in $7fd96434da58)`); it differs between runs and means nothing to a reader, so it is removed.
/// Of a type that is local to a function, an optimized build says even less
/// (`App.(unknown context at $7fd96434da58).Cache`).
func displayName(ofDemangled name: String) -> String {
  var result = ""
  result.reserveCapacity(name.count)
  var rest = name[...]
  while let character = rest.first {
    if character == "(", let discriminated = discriminatedName(at: rest) {
      result += discriminated.name
      rest = rest[discriminated.end...]
    } else if character == "(", let context = unknownContext(at: rest) {
      rest = rest.dropFirst(context)
    } else if character == "<", rest.dropFirst().first == ">" {
      // A type within a generic one, without parameters of its own.
      rest = rest.dropFirst(2)
    } else {
      result.append(character)
      rest = rest.dropFirst()
    }
  }
  return result
}

/// `App.Cache.Entry` for `App.Cache<Swift.Int>.Entry`.
func withoutGenericArguments(_ name: String) -> String {
  var result = ""
  var depth = 0
  var previous: Character?
  for character in name {
    switch character {
    case "<": depth += 1
    // The arrow of a function type closes nothing.
    case ">" where previous != "-": depth -= 1
    default: if depth == 0 { result.append(character) }
    }
    previous = character
  }
  return result
}

/// The labels of a tuple type's elements: `x` and nil for `(x: Swift.Int, App.Node)`.
func tupleLabels(ofDemangled name: String) -> [String?] {
  guard name.hasPrefix("("), name.hasSuffix(")") else { return [] }
  var elements: [Substring] = []
  let inside = name.dropFirst().dropLast()
  var depth = 0
  var start = inside.startIndex
  for index in inside.indices {
    switch inside[index] {
    case "(", "<", "[": depth += 1
    // The arrow of a function type closes nothing.
    case ">" where index > inside.startIndex && inside[inside.index(before: index)] == "-": break
    case ")", ">", "]": depth -= 1
    case "," where depth == 0:
      elements.append(inside[start..<index])
      start = inside.index(after: index)
    default: break
    }
  }
  elements.append(inside[start...])
  return elements.map { element in
    let text = element.drop { $0 == " " }
    let label = text.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    return !label.isEmpty && text.dropFirst(label.count).hasPrefix(": ") ? String(label) : nil
  }
}

/// The length of `(unknown context at $7fd96434da58).`.
private func unknownContext(at text: Substring) -> Int? {
  let start = "(unknown context at $"
  guard text.hasPrefix(start) else { return nil }
  let digits = text.dropFirst(start.count).prefix { $0.isHexDigit }
  let rest = text.dropFirst(start.count + digits.count)
  return rest.hasPrefix(").") ? start.count + digits.count + 2 : nil
}

/// `(Cache in $7fd96434da58)` or `(Cache in _D8F1…)`: the name, and where the parenthesis ends.
private func discriminatedName(at text: Substring) -> (name: Substring, end: String.Index)? {
  guard let end = text.firstIndex(of: ")") else { return nil }
  let inside = text[text.index(after: text.startIndex)..<end]
  let words = inside.split(separator: " ")
  guard words.count == 3, words[1] == "in", let mark = words[2].first, mark == "$" || mark == "_",
    words[2].dropFirst().allSatisfy(\.isHexDigit)
  else { return nil }
  return (words[0], text.index(after: end))
}
