extension TextReport {
  /// What keeps the instances of a type alive.
  mutating func draw(_ explanation: LeakReport.Explanation) {
    if let missing = explanation.missing {
      canvas.add(StyledText("HELD", .cyan) + "  " + StyledText(missing), hanging: "      ")
      return
    }
    canvas.add(
      StyledText("HELD", .cyan) + "  "
        + StyledText("\(grouped(explanation.count)) × ")
        + StyledText(explanation.types.joined(separator: ", "), .bold)
        + StyledText(", \(readableBytes(explanation.bytes))")
    )
    for holding in explanation.holdings.prefix(Limit.holdings) {
      canvas.blank()
      canvas.add(StyledText("\(grouped(holding.count)) × held by:", .dim), first: "  ")
      draw(holding.root)
      if holding.path.isEmpty {
        canvas.add(
          StyledText(holding.name ?? explanation.types[0], .bold),
          first: StyledText("   ╰─ ", .dim)
        )
      }
      draw(holding.path)
    }
    let others = explanation.holdings.dropFirst(Limit.holdings)
    if !others.isEmpty {
      let count = others.reduce(0) { $0 + $1.count }
      canvas.blank()
      canvas.add(
        StyledText("… and \(grouped(count)) in \(quantity(others.count, "other way"))", .dim),
        first: "  "
      )
    }
    if explanation.leaked > 0 {
      canvas.blank()
      canvas.add(
        StyledText("\(grouped(explanation.leaked)) × leaked: see the findings", .yellow),
        first: "  "
      )
    }
    if explanation.unnamed > 0 {
      canvas.blank()
      canvas.add(
        StyledText(
          "\(grouped(explanation.unnamed)) × owned according to their counts, by something that was not "
            + "found"
        ),
        first: "  ",
        hanging: "    "
      )
    }
  }

  /// The live objects by type, most bytes first.
  mutating func drawCensus() {
    canvas.add(StyledText("Live objects by type", .bold))
    canvas.add(StyledText("   count       bytes    leaked  type", .dim))
    for entry in report.census.prefix(Limit.census) {
      let figures =
        padded(grouped(entry.count), 8) + padded(readableBytes(entry.bytes), 12)
        + padded(entry.leaked > 0 ? grouped(entry.leaked) : "", 10)
      canvas.add(
        StyledText(figures, entry.leaked > 0 ? .red : .plain) + StyledText("  \(entry.type)"),
        hanging: StyledText(String(repeating: " ", count: 34))
      )
    }
    let left = report.census.dropFirst(Limit.census)
    if !left.isEmpty {
      let objects = left.reduce(0) { $0 + $1.count }
      canvas.add(
        StyledText(
          "… and \(grouped(objects)) of \(quantity(left.count, "other type"))",
          .dim
        ),
        first: "  "
      )
    }
  }
}
