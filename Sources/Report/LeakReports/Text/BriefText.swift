/// Longer generic arguments tell a reader less than they hide.
private let argumentLimit = 60

/// A text with the longest generic arguments of the types in it left out:
/// `Map<Filter<…>, String>.Inner<…>`.
///
/// Pipelines of publishers and streams have types of many thousand characters. Whole types are in the
/// JSON report. A text whose angle brackets don't match stays as it is.
func briefly(_ text: String) -> String {
  guard text.utf8.count > argumentLimit, text.contains("<") else { return text }
  // The text of each list of arguments that is open, the outermost first.
  var open = [""]
  var last: Character?
  for character in text {
    switch character {
    case "<": open.append("")
    // The arrow of a function type closes nothing.
    case ">" where last != "-":
      guard open.count > 1, let arguments = open.popLast() else { return text }
      open[open.count - 1] += arguments.count > argumentLimit ? "<…>" : "<\(arguments)>"
    default: open[open.count - 1].append(character)
    }
    last = character
  }
  return open.count == 1 ? open[0] : text
}
