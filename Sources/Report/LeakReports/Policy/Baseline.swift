import FoundationEssentials
package import HeapAnalysis

/// The findings that are known already: a file beside the sources, so that only what is new fails.
///
/// It holds signatures, which stay the same from run to run, and what a reader needs to know them by.
package struct Baseline: Sendable, Hashable, Codable {
  package static let currentVersion = 1

  /// One known finding.
  package struct Entry: Sendable, Hashable, Codable {
    package var signature: String
    package var kind: FindingKind
    package var type: String
    /// Of the run that it was taken from: told, not compared.
    package var count: Int
    package var bytes: Int

    package init(_ finding: LeakReport.Finding) {
      signature = finding.signature
      kind = finding.kind
      type = finding.type
      count = finding.count
      bytes = finding.bytes
    }
  }

  package var baselineVersion: Int
  package var findings: [Entry]

  /// Everything of a report that isn't suppressed, in an order that makes small differences small.
  package init(_ report: LeakReport) {
    baselineVersion = Self.currentVersion
    findings = report.findings.filter { $0.suppressedBy == nil }.map(Entry.init).sorted {
      ($0.type, $0.signature) < ($1.type, $1.signature)
    }
  }

  /// Reads a baseline, or a whole report as one.
  package init(json: String, file: String) throws {
    struct Version: Decodable {
      var baselineVersion: Int?
      var schemaVersion: Int?
    }
    let data = Data(json.utf8)
    func refusal(_ what: String) -> ReportError {
      ReportError(
        code: .unreadableInput,
        message: "'\(file)' isn't a baseline: \(what)",
        remedy: "name a file that --update-baseline wrote, or a JSON report"
      )
    }
    if let refusal = FileKind(of: data).refusalAsBaseline(file) { throw refusal }
    if let defect = JSONText(data).defect() { throw refusal(defect) }
    do {
      let version = try JSONDecoder().decode(Version.self, from: data)
      if version.baselineVersion == nil, version.schemaVersion != nil {
        self = Baseline(try LeakReport(json: json, file: file))
        return
      }
      if let number = version.baselineVersion, number > Self.currentVersion {
        throw ReportError(
          code: .unreadableInput,
          message:
            "'\(file)' is from a newer Remnant: it has baseline version \(number), and this one reads "
            + "up to \(Self.currentVersion)",
          remedy: "read it with the Remnant that wrote it, or update this one"
        )
      }
      self = try JSONDecoder().decode(Baseline.self, from: data)
    } catch let error as DecodingError {
      throw refusal(error.inOneLine)
    }
  }

  /// Adds what an older one knows besides, and a report neither found nor calls fixed.
  package mutating func keep(_ old: Baseline, of report: LeakReport) {
    let gone = Set(
      report.findings.flatMap { [$0.signature] + ($0.formerSignature.map { [$0] } ?? []) }
    )
    .union(report.fixed.map(\.signature))
    findings += old.findings.filter { !gone.contains($0.signature) }
    findings.sort { ($0.type, $0.signature) < ($1.type, $1.signature) }
  }

  /// As a file's text, with a newline at the end.
  package func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }
}

extension LeakReport {
  /// Says of each finding whether a baseline knows it, and what the baseline knows that is here no more.
  package mutating func compare(with baseline: Baseline) {
    let known = Set(baseline.findings.map(\.signature))
    var former: Set<String> = []
    for index in findings.indices {
      let finding = findings[index]
      let isKnown = known.contains(finding.signature)
      let isFormerlyKnown =
        !isKnown && finding.formerSignature.map(known.contains) ?? false
      if isFormerlyKnown, let signature = finding.formerSignature { former.insert(signature) }
      findings[index].baseline =
        isKnown || (isFormerlyKnown && finding.isToldApartByFormerSignature) ? .known : .new
    }
    note(former: former)
    let present = Set(findings.map(\.signature)).union(former)
    // What wasn't looked at isn't fixed: all other kinds are looked for only where somebody asks for them.
    let kinds = HeapAnalysis.leakKinds.union(findings.map(\.kind))
    fixed =
      wentThrough
      ? baseline.findings.filter { !present.contains($0.signature) && kinds.contains($0.kind) } : []
  }

  /// Says what a baseline of version 0.1 covers, and what it can't.
  private mutating func note(former: Set<String>) {
    guard !former.isEmpty else { return }
    let covered = findings.count {
      $0.baseline == .known && $0.formerSignature.map(former.contains) == true
    }
    if covered > 0 {
      summary.notes.append(
        "The baseline knows \(quantity(covered, "finding")) by signatures of version 0.1: "
          + "write it anew with --update-baseline."
      )
    }
    let stuck = former.filter { signature in
      findings.contains { !$0.isToldApartByFormerSignature && $0.formerSignature == signature }
    }
    if !stuck.isEmpty {
      summary.notes.append(
        "In version 0.1 one signature (\(stuck.sorted().joined(separator: ", "))) stood for all stuck "
          + "tasks, so the baseline can't say which it knows: look at them, then write it anew with "
          + "--update-baseline."
      )
    }
  }

  /// Whether the program did all that it was to do, and everything was looked at: only then what isn't found isn't
  /// there any more.
  private var wentThrough: Bool {
    capture.complete && capture.moment == .exit && target.exitStatus == 0 && target.signal == nil
  }

  /// Says how many instances of findings are accepted: a finding within its limit doesn't fail, one above it does,
  /// known or not.
  /// - Parameter limits: by signature.
  package mutating func apply(limits: [String: Int]) {
    for index in findings.indices {
      findings[index].limit = findings[index].signatures.lazy.compactMap { limits[$0] }.first
    }
  }
}

extension LeakReport.Finding {
  /// Whether version 0.1 told the finding from others of its kind: all stuck tasks had one signature.
  var isToldApartByFormerSignature: Bool { kind != .stuckTask }

  /// Every signature that stands for the finding: files that version 0.1 wrote name the former one.
  var signatures: [String] {
    guard let formerSignature, isToldApartByFormerSignature, formerSignature != signature else {
      return [signature]
    }
    return [signature, formerSignature]
  }
}
