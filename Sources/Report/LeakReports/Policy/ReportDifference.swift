import FoundationEssentials
package import HeapAnalysis

/// What is new, gone and grown between two reports.
package struct ReportDifference: Encodable {
  /// A finding that is in both.
  package struct Change: Encodable {
    package var signature: String
    package var kind: FindingKind
    package var type: String
    package var countBefore: Int
    package var countAfter: Int
    package var bytesBefore: Int
    package var bytesAfter: Int
  }

  /// The live objects of one type.
  package struct TypeChange: Encodable {
    package var type: String
    package var countBefore: Int
    package var countAfter: Int
    package var bytesBefore: Int
    package var bytesAfter: Int

    var growth: Int { bytesAfter - bytesBefore }
  }

  package var new: [LeakReport.Finding]
  package var gone: [LeakReport.Finding]
  /// Findings with more instances than before.
  package var grown: [Change]
  /// Findings with fewer.
  package var shrunk: [Change]
  /// Live types whose number changed, those that grew most first.
  package var census: [TypeChange]

  /// Suppressed findings are left out of both.
  package init(from old: LeakReport, to new: LeakReport) {
    let before = old.findings.filter { $0.suppressedBy == nil }
    let after = new.findings.filter { $0.suppressedBy == nil }
    let known = Dictionary(before.map { ($0.signature, $0) }) { first, _ in first }
    let present = Set(after.map(\.signature))
    self.new = after.filter { known[$0.signature] == nil }
    gone = before.filter { !present.contains($0.signature) }
    let changes = after.compactMap { finding in
      known[finding.signature].map { old in
        Change(
          signature: finding.signature,
          kind: finding.kind,
          type: finding.type,
          countBefore: old.count,
          countAfter: finding.count,
          bytesBefore: old.bytes,
          bytesAfter: finding.bytes
        )
      }
    }
    grown = changes.filter { $0.countAfter > $0.countBefore }
    shrunk = changes.filter { $0.countAfter < $0.countBefore }
    var types: [String: TypeChange] = [:]
    func add(_ entry: LeakReport.CensusEntry, _ body: (inout TypeChange) -> Void) {
      let empty = TypeChange(
        type: entry.type,
        countBefore: 0,
        countAfter: 0,
        bytesBefore: 0,
        bytesAfter: 0
      )
      body(&types[entry.type, default: empty])
    }
    for entry in old.census {
      add(entry) {
        $0.countBefore += entry.count
        $0.bytesBefore += entry.bytes
      }
    }
    for entry in new.census {
      add(entry) {
        $0.countAfter += entry.count
        $0.bytesAfter += entry.bytes
      }
    }
    census = types.values.filter { $0.countBefore != $0.countAfter }.sorted {
      ($1.growth, $0.type) < ($0.growth, $1.type)
    }
  }

  /// As JSON, with a newline at the end.
  package func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }

  private static let mostLines = 20

  /// For people, with a newline at the end.
  package func text(width: Int = 80, colour: Bool = false, unicode: Bool = true) -> String {
    var canvas = TextCanvas(width: width, colour: colour, unicode: unicode)
    func section<Item>(_ title: String, _ items: [Item], _ line: (Item) -> StyledText) {
      guard !items.isEmpty else { return }
      canvas.add(StyledText(title, .bold))
      for item in items.prefix(Self.mostLines) {
        canvas.add(line(item), first: "  ", hanging: "      ")
      }
      if items.count > Self.mostLines {
        canvas.add(
          StyledText("… and \(grouped(items.count - Self.mostLines)) more", .dim),
          first: "  "
        )
      }
      canvas.blank()
    }
    section("New", new) { StyledText("+ \($0.title)  ", .red) + StyledText($0.signature, .dim) }
    section("Grown", grown) {
      StyledText(
        "↑ \($0.kind.readable): \(briefly($0.type)), \(grouped($0.countBefore)) → \(grouped($0.countAfter))  ",
        .yellow
      )
        + StyledText($0.signature, .dim)
    }
    section("Shrunk", shrunk) {
      StyledText(
        "↓ \($0.kind.readable): \(briefly($0.type)), \(grouped($0.countBefore)) → \(grouped($0.countAfter))  "
      )
        + StyledText($0.signature, .dim)
    }
    section("Gone", gone) { StyledText("- \($0.title)  ", .green) + StyledText($0.signature, .dim) }
    section("Live objects that grew", census.filter { $0.growth > 0 }) {
      StyledText(
        "\(briefly($0.type)): \(grouped($0.countBefore)) → \(grouped($0.countAfter)), +\(readableBytes($0.growth))"
      )
    }
    canvas.add(
      StyledText(
        "\(grouped(new.count)) new · \(grouped(gone.count)) gone · \(grouped(grown.count)) grown"
          + " · \(grouped(shrunk.count)) shrunk"
      )
    )
    return canvas.output
  }
}
