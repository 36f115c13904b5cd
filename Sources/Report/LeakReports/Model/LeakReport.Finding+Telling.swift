internal import HeapAnalysis

/// What every short format says of a finding: one title, one fix, one place to look at.
extension LeakReport.Finding {
  /// `retain cycle: 10 × App.Owner, 2.0 KB`.
  var title: String {
    "\(kind.readable): \(grouped(count)) × \(briefly(type)), \(readableBytes(bytes))"
  }

  /// `make "Pet.owner" weak, because its target was allocated first`; nil where nothing is known.
  var advice: String? {
    hint.map { briefly($0.text) + ($0.reason.isEmpty ? "" : ", because \($0.reason)") }
  }

  /// The path in a line: `App.Owner.pet → App.Pet.owner → App.Owner`.
  var pathInOneLine: String? {
    guard let last = path.last else { return nil }
    let steps = path.map { "\(briefly($0.from)).\($0.via)" }
    let shown =
      steps.count > 12
      ? Array(steps.prefix(8)) + ["… \(steps.count - 11) more …"] + Array(steps.suffix(3)) : steps
    let start = root.map { ["\($0.name)"] } ?? []
    return (start + shown + [briefly(last.to)]).joined(separator: " → ")
  }

  /// Where to look first: at the closure to change, or the innermost frame of the user's that allocated.
  var place: Location? {
    for edge in hint?.edges ?? [] where path.indices.contains(edge) {
      if let location = path[edge].location, location.file != nil { return location }
    }
    let frames = allocations.lazy.flatMap(\.frames) + (suspendedIn ?? [])
    if let frame = frames.first(where: { !$0.library && $0.file != nil }) {
      return Location(function: frame.function, file: frame.file, line: frame.line)
    }
    return path.lazy.compactMap(\.location).first { $0.file != nil }
  }

  /// What a plain-text field shows: title, path, fix, allocation.
  func description(root: SourceRoot) -> String {
    var lines = [title]
    if let path = pathInOneLine { lines.append("path: \(path)") }
    if let advice { lines.append("fix: \(advice)") }
    if let place, let file = place.file {
      lines.append(
        "see: \(place.function) at \(sourcePosition(file: root.relative(file), line: place.line))"
      )
    }
    lines.append("confidence: \(confidence.rawValue); signature: \(signature)")
    return lines.joined(separator: "\n")
  }
}
