/// Makes a demangled type name the one that `String(reflecting:)` prints, and stable.
///
/// Private and local types carry a discriminator that is an address or a hash of the file
/// (`App.(Cache in $7fd96434da58)`); it differs between runs and tells a reader nothing, so it goes.
func displayName(ofDemangled name: String) -> String {
  var result = ""
  result.reserveCapacity(name.count)
  var rest = name[...]
  while let character = rest.first {
    if character == "(", let discriminated = discriminatedName(at: rest) {
      result += discriminated.name
      rest = rest[discriminated.end...]
    } else {
      result.append(character)
      rest = rest.dropFirst()
    }
  }
  return result
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
