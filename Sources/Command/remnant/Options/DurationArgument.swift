internal import ArgumentParser

/// `90`, `90s`, `1.5m`, `250ms`, `2h`, `1m30s`: seconds where no unit is said.
struct DurationArgument: CustomStringConvertible {
  let duration: Duration

  init(_ duration: Duration) { self.duration = duration }

  /// For an option's `transform`, whose error says what is wrong with the value.
  init(parsing argument: String) throws {
    guard let duration = Self(argument: argument) else {
      throw ValidationError("use a number with a unit, such as 30s, 1m30s, 1.5h, or 250ms")
    }
    self = duration
  }

  init?(argument: String) {
    let seconds =
      Double(argument).map { [$0] } ?? Self.parts(of: argument).map { $0.number * $0.unit }
    let sum = seconds.reduce(0, +)
    // A year: more is a mistake, and the clock's arithmetic has its limits.
    guard !seconds.isEmpty, sum >= 0, sum <= 31_536_000 else { return nil }
    duration = .milliseconds(Int64((sum * 1000).rounded()))
  }

  /// Numbers with their units in seconds, the greatest unit first; empty where the text has anything else.
  private static func parts(of text: String) -> [(number: Double, unit: Double)] {
    let units: [Substring: Double] = ["h": 3600, "m": 60, "s": 1, "ms": 0.001]
    var parts: [(number: Double, unit: Double)] = []
    var rest = text[...]
    while !rest.isEmpty {
      guard let match = rest.prefixMatch(of: /([0-9]*\.?[0-9]+)(ms|h|m|s)/),
        let number = Double(match.output.1), let unit = units[match.output.2],
        unit < parts.last?.unit ?? .infinity
      else { return [] }
      parts.append((number, unit))
      rest = rest[match.range.upperBound...]
    }
    return parts
  }

  /// As help shows it: in the largest unit that needs no fraction.
  var description: String {
    let milliseconds = Int((duration / .milliseconds(1)).rounded())
    for (name, size) in [("h", 3_600_000), ("m", 60000), ("s", 1000)]
    where milliseconds.isMultiple(of: size) {
      return "\(milliseconds / size)\(name)"
    }
    return "\(milliseconds)ms"
  }
}
