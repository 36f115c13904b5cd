extension TextReport {
  /// One line for each test that left something behind, and one for all others.
  mutating func drawTests() {
    guard !report.tests.isEmpty else { return }
    canvas.add(StyledText("Tests", .bold))
    let numbers = Dictionary(
      report.findings.filter { $0.acceptance == nil }.enumerated().map {
        ($1.signature, ($0 + 1, $1))
      },
      uniquingKeysWith: { first, _ in first }
    )
    let accepted = Dictionary(
      report.findings.filter { $0.acceptance != nil }.map { ($0.signature, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    let leaking = report.tests.filter { !$0.findings.isEmpty }
    for test in leaking {
      var found = test.findings.compactMap { numbers[$0] }.map { number, finding in
        "\(number): \(finding.kind.readable) of \(briefly(finding.type))"
      }
      let isLeaking = test.findings.contains { numbers[$0]?.1.isLeak == true }
      var mark = isLeaking ? StyledText("  ✘ ", .red) : StyledText("  ? ", .yellow)
      if found.isEmpty {
        found = test.findings.compactMap { accepted[$0] }.map {
          "accepted: \($0.kind.readable) of \(briefly($0.type))"
        }
        // As in the other formats, such a test has passed.
        if found.isEmpty {
          found = ["findings of kinds that --show leaves out"]
        } else {
          mark = StyledText("  ✔ ", .green)
        }
      }
      let how = test.attribution == .rerun ? ", when it ran alone" : ""
      canvas.add(
        StyledText(test.id, .bold)
          + StyledText("  \(found.joined(separator: "; "))\(how)"),
        first: mark,
        hanging: "      "
      )
    }
    let assigned = Set(report.tests.flatMap { $0.findings + $0.possibleFindings })
    let others = numbers.values.filter { !assigned.contains($0.1.signature) }.map(\.0).sorted()
    if !others.isEmpty {
      let list = others.map(String.init).joined(separator: ", ")
      canvas.add(
        StyledText("of no particular test: \(list)"),
        first: StyledText("  ? ", .yellow)
      )
    }
    let unexamined = report.tests.count { !$0.wasExamined }
    if unexamined > 0 {
      canvas.add(
        StyledText("\(quantity(unexamined, "test")) could not be examined: see the notes"),
        first: StyledText("  ? ", .yellow)
      )
    }
    let suspects = report.tests.filter { $0.findings.isEmpty }
      .map { $0.possibleFindings.compactMap { numbers[$0]?.0 } }.filter { !$0.isEmpty }
    if !suspects.isEmpty {
      let list = Set(suspects.joined()).sorted().map(String.init).joined(separator: ", ")
      canvas.add(
        StyledText(
          "\(quantity(suspects.count, "test")) may have left \(list) behind: "
            + "`--filter` looks at fewer, or at one"
        ),
        first: StyledText("  ? ", .yellow),
        hanging: "      "
      )
    }
    let clean = report.tests.count - leaking.count - unexamined - suspects.count
    if clean > 0 {
      let rest = leaking.isEmpty ? "" : "other "
      canvas.add(
        StyledText("\(quantity(clean, "\(rest)test")) left nothing behind"),
        first: StyledText("  ✔ ", .green)
      )
    }
    canvas.blank()
  }
}
