internal import ArgumentParser

/// `90`, `90s`, `1.5m`, `250ms`, `2h`: seconds where no unit is said.
struct DurationArgument: ExpressibleByArgument {
  let duration: Duration

  init(_ duration: Duration) { self.duration = duration }

  init?(argument: String) {
    let units: [(name: String, seconds: Double)] = [
      ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("", 1),
    ]
    guard let unit = units.first(where: { argument.hasSuffix($0.name) }),
      let number = Double(argument.dropLast(unit.name.count)), number >= 0, number.isFinite,
      // A year: more is a mistake, and the clock's arithmetic has its limits.
      number * unit.seconds <= 31_536_000
    else { return nil }
    duration = .milliseconds(Int64((number * unit.seconds * 1000).rounded()))
  }

  /// As help shows it: in the largest unit that needs no fraction.
  var defaultValueDescription: String {
    let milliseconds = Int((duration.seconds * 1000).rounded())
    for (name, size) in [("h", 3_600_000), ("m", 60000), ("s", 1000)]
    where milliseconds.isMultiple(of: size) {
      return "\(milliseconds / size)\(name)"
    }
    return "\(milliseconds)ms"
  }
}
