internal import HeapAnalysis

/// A report for code scanning: SARIF 2.1.0.
///
/// A finding is a result at the place to look at first; the path that holds it is its code flow, the fix
/// is part of its message. What the baseline knows and is no more isn't told: code scanning sees by itself
/// what a new upload has no longer, and refuses results without a place.
/// Format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.
package struct SARIFReport {
  /// The report as JSON, with a newline at the end.
  package static func render(
    _ report: LeakReport,
    policy: FailurePolicy,
    root: SourceRoot
  ) -> [UInt8] {
    let writer = SARIFReport(report: report, policy: policy, root: root)
    let log: JSONValue = [
      "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
      "runs": [writer.run],
    ]
    return log.encoded + [UInt8(ascii: "\n")]
  }

  let report: LeakReport
  let policy: FailurePolicy
  let root: SourceRoot

  private var run: JSONValue {
    let driver: JSONValue = [
      "name": .string(report.tool.name), "version": .string(report.tool.version),
      "rules": .array(FindingKind.allCases.map(Self.rule)),
    ]
    let notes = report.summary.notes.map { note -> JSONValue in
      ["level": "note", "message": ["text": .string(note)]]
    }
    let invocation: JSONValue = [
      "executionSuccessful": .bool(report.capture.complete),
      "toolExecutionNotifications": .array(notes),
    ]
    return [
      "tool": ["driver": driver], "columnKind": "unicodeCodePoints",
      "invocations": [invocation],
      "results": .each(report.findings.count) { result(report.findings[$0]) },
    ]
  }

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
    let isWithinLimit = if case .withinLimit = finding.acceptance { true } else { false }
    let level =
      policy.fails(finding) ? "error" : finding.isLeak && !isWithinLimit ? "warning" : "note"
    let suppressions: JSONValue? = finding.suppressedBy.map { line in
      let reason = report.suppressions.first { $0.line == line }?.reason ?? line
      return [["kind": "external", "status": "accepted", "justification": .string(reason)]]
    }
    var message = finding.title
    if let path = finding.pathInOneLine { message += "\nheld by: \(path)" }
    if let advice = finding.advice { message += "\nfix: \(advice)" }
    return [
      "ruleId": .string(finding.kind.rawValue), "level": .string(level),
      "message": ["text": .string(message)],
      "locations": [location(finding.place, name: finding.place?.function ?? finding.type)],
      "partialFingerprints": ["remnantSignature/v1": .string(finding.signature)],
      "occurrenceCount": finding.count > 0 ? .number(finding.count) : nil,
      "codeFlows": codeFlows(finding), "relatedLocations": related(finding),
      "suppressions": suppressions,
      "baselineState": finding.baseline.map { $0 == .new ? "new" : "unchanged" },
      "properties": [
        "confidence": .string(finding.confidence.rawValue), "bytes": .number(finding.bytes),
        "instances": .number(finding.count),
      ],
    ]
  }

  private func codeFlows(_ finding: LeakReport.Finding) -> JSONValue? {
    guard !finding.path.isEmpty else { return nil }
    let changes = Set(finding.hint?.edges ?? [])
    let place = finding.place
    let steps = finding.path.enumerated().map { index, step -> JSONValue in
      let property = "\(step.from).\(step.via)"
      let text = "\(property) → \(step.to)" + (changes.contains(index) ? " (change this)" : "")
      return [
        "location": location(
          // A property's declaration is nothing that a report knows.
          step.location?.file == nil ? place : step.location,
          name: step.location?.function ?? property,
          message: text
        ),
        "importance": changes.contains(index) ? "essential" : "important",
      ]
    }
    return [["message": ["text": "what holds it"], "threadFlows": [["locations": .array(steps)]]]]
  }

  /// Where it was allocated, from the inside out.
  private func related(_ finding: LeakReport.Finding) -> JSONValue? {
    let frames = finding.allocations.first?.frames.filter { !$0.library && $0.file != nil } ?? []
    guard !frames.isEmpty else { return nil }
    return .array(
      frames.prefix(20).enumerated().map { index, frame in
        location(
          .init(function: frame.function, file: frame.file, line: frame.line),
          name: frame.function,
          message: "allocated in \(frame.function)",
          id: index
        )
      }
    )
  }

  /// A place in the source; the package's manifest where none is known, because code scanning refuses a
  /// whole file for one location without a file.
  private func location(
    _ place: LeakReport.Finding.Location?,
    name: String,
    message: String? = nil,
    id: Int? = nil
  ) -> JSONValue {
    let file = place?.file
    let path = file.map(root.relative) ?? "Package.swift"
    let uri = Self.percentEncoded(path)
    let artifact: JSONValue =
      path.hasPrefix("/")
      ? ["uri": .string("file://" + uri)] : ["uri": .string(uri), "uriBaseId": "%SRCROOT%"]
    let line = file == nil ? 1 : max(1, place?.line ?? 1)
    return [
      "id": id.map(JSONValue.number), "message": message.map { ["text": .string($0)] },
      "physicalLocation": [
        "artifactLocation": artifact, "region": ["startLine": .number(line)],
      ],
      "logicalLocations": [["fullyQualifiedName": .string(name)]],
    ]
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
