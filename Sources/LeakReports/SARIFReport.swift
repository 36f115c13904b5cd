import FoundationEssentials
internal import HeapAnalysis

/// A report for code scanning: SARIF 2.1.0.
///
/// A finding is a result at the place to look at first; the path that holds it is its code flow, the fix is part of
/// its message. Format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.
package struct SARIFReport {
  /// The report as JSON, with a newline at the end.
  package static func render(
    _ report: LeakReport,
    policy: FailurePolicy,
    root: SourceRoot
  ) throws -> [UInt8] {
    let writer = SARIFReport(report: report, policy: policy, root: root)
    let driver: JSONValue = [
      "name": .string(report.tool.name), "version": .string(report.tool.version),
      "rules": .array(FindingKind.allCases.map(rule)),
    ]
    let notes = report.summary.notes.map { note -> JSONValue in
      ["level": "note", "message": ["text": .string(note)]]
    }
    let invocation: JSONValue = [
      "executionSuccessful": .bool(report.capture.complete),
      "toolExecutionNotifications": .array(notes),
    ]
    let run: JSONValue = [
      "tool": ["driver": driver], "columnKind": "unicodeCodePoints",
      "invocations": .array([invocation]), "results": [],
    ]
    let log: JSONValue = [
      "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
      "runs": .array([run]),
    ]
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let text = try encoder.encode(log)
    let entries = report.findings.map(Entry.finding) + report.fixed.map(Entry.fixed)
    let results = try LongArray.encode(
      entries,
      formatting: encoder.outputFormatting,
      indent: 6
    ) { entry in
      switch entry {
      case .finding(let finding): writer.result(finding)
      case .fixed(let entry): writer.absent(entry)
      }
    }
    guard !entries.isEmpty,
      let whole = LongArray.insert(
        results,
        at: "\n      \"results\" : [",
        closing: "\n      ",
        in: text
      )
    else { return Array(text) + [UInt8(ascii: "\n")] }
    return whole
  }

  private enum Entry {
    case finding(LeakReport.Finding)
    case fixed(Baseline.Entry)
  }

  let report: LeakReport
  let policy: FailurePolicy
  let root: SourceRoot

  private static func rule(_ kind: FindingKind) -> JSONValue {
    [
      "id": .string(kind.rawValue), "name": .string(kind.readable),
      "shortDescription": ["text": .string(kind.explanation)],
      "fullDescription": ["text": .string(kind.explanation)],
      "help": ["text": .string(kind.remedy)],
      "defaultConfiguration": ["level": .string(kind.isLeak(at: .proven) ? "error" : "note")],
    ]
  }

  private func result(_ finding: LeakReport.Finding) -> JSONValue {
    let level = policy.fails(finding) ? "error" : finding.isLeak ? "warning" : "note"
    let baseline: JSONValue? = finding.baseline.map { $0 == .new ? "new" : "unchanged" }
    let suppressions: JSONValue? = finding.suppressedBy.map { line in
      let reason = report.suppressions.first { $0.line == line }?.reason ?? line
      return [["kind": "external", "status": "accepted", "justification": .string(reason)]]
    }
    var message = finding.title
    if let path = finding.pathInOneLine { message += "\nheld by: \(path)" }
    if let advice = finding.advice { message += "\nfix: \(advice)" }
    let properties: JSONValue = [
      "confidence": .string(finding.confidence.rawValue), "bytes": .number(finding.bytes),
      "instances": .number(finding.count),
    ]
    return [
      "ruleId": .string(finding.kind.rawValue), "level": .string(level),
      "message": ["text": .string(message)],
      "locations": .array([location(finding.place, type: finding.type)]),
      "partialFingerprints": ["remnantSignature/v1": .string(finding.signature)],
      "occurrenceCount": finding.count > 0 ? .number(finding.count) : nil,
      "codeFlows": codeFlows(finding), "relatedLocations": related(finding),
      "suppressions": suppressions, "baselineState": baseline, "properties": properties,
    ]
  }

  /// What the baseline knows and is no more.
  private func absent(_ entry: Baseline.Entry) -> JSONValue {
    [
      "ruleId": .string(entry.kind.rawValue), "level": "none", "kind": "pass",
      "message": ["text": .string("fixed: \(entry.kind.readable) of \(entry.type)")],
      "partialFingerprints": ["remnantSignature/v1": .string(entry.signature)],
      "baselineState": "absent",
    ]
  }

  private func codeFlows(_ finding: LeakReport.Finding) -> JSONValue? {
    guard !finding.path.isEmpty else { return nil }
    let flow: JSONValue = ["locations": .array(flow(finding))]
    return .array([["message": ["text": "what holds it"], "threadFlows": .array([flow])]])
  }

  private func flow(_ finding: LeakReport.Finding) -> [JSONValue] {
    let changes = Set(finding.hint?.edges ?? [])
    return finding.path.enumerated().map { index, step -> JSONValue in
      let text =
        "\(step.from).\(step.via) → \(step.to)" + (changes.contains(index) ? " (change this)" : "")
      guard case .object(var place) = location(step.location, type: "\(step.from).\(step.via)")
      else {
        return [:]
      }
      place["message"] = ["text": .string(text)]
      return [
        "location": .object(place),
        "importance": changes.contains(index) ? "essential" : "important",
      ]
    }
  }

  /// Where it was allocated, from the inside out.
  private func related(_ finding: LeakReport.Finding) -> JSONValue? {
    let frames = finding.allocations.first?.frames.filter { !$0.library && $0.file != nil } ?? []
    guard !frames.isEmpty else { return nil }
    return .array(
      frames.prefix(20).enumerated().map { index, frame -> JSONValue in
        let place = LeakReport.Finding.Location(
          function: frame.function,
          file: frame.file,
          line: frame.line
        )
        guard case .object(var members) = location(place, type: "") else { return [:] }
        members["id"] = .number(index)
        members["message"] = ["text": .string("allocated in \(frame.function)")]
        return .object(members)
      }
    )
  }

  private func location(_ place: LeakReport.Finding.Location?, type: String) -> JSONValue {
    var members: [String: JSONValue?] = [:]
    let name = place?.function ?? type
    members["logicalLocations"] = [
      ["fullyQualifiedName": .string(name), "kind": place == nil ? "type" : "function"]
    ]
    if let place, let file = place.file {
      let region: JSONValue? = place.line.flatMap { $0 > 0 ? ["startLine": .number($0)] : nil }
      let path = root.relative(file)
      members["physicalLocation"] = [
        "artifactLocation": [
          "uri": .string((path.hasPrefix("/") ? "file://" : "") + Self.percentEncoded(path))
        ],
        "region": region,
      ]
    }
    return .object(members)
  }

  /// A path as a part of a URI (RFC 3986).
  private static func percentEncoded(_ path: String) -> String {
    var result = ""
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"),
        UInt8(ascii: "~"), UInt8(ascii: "/"), UInt8(ascii: "+"), UInt8(ascii: "@"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += "%" + (digits.count < 2 ? "0" : "") + digits
      }
    }
    return result
  }
}

extension FindingKind {
  /// What it is, in a sentence.
  var explanation: String {
    switch self {
    case .retainCycle: "Objects hold each other, and nothing else holds them."
    case .unbalancedRetain:
      "An object was retained more often than it was released, and nothing refers to it."
    case .unreachable: "Memory that nothing refers to any more."
    case .stuckTask: "A suspended task that nothing can resume."
    case .survivor: "A tracked object that outlived its scope."
    case .zombie: "A dead object whose memory unowned references keep."
    case .growth: "Objects that grow in number with every repetition."
    }
  }

  /// What to do about it, in a sentence.
  var remedy: String {
    switch self {
    case .retainCycle: "Make the reference that the report names weak, or break the cycle by hand."
    case .unbalancedRetain:
      "Balance the retain with a release: `takeRetainedValue` for `passRetained`."
    case .unreachable: "Free the memory, or keep a reference to it."
    case .stuckTask: "Resume its continuation on every path, or finish its stream."
    case .survivor: "Release what the path from the root names."
    case .zombie: "Let go of the unowned references, or make them weak."
    case .growth: "Empty the collection that grows, or bound it."
    }
  }
}
