internal import HeapAnalysis

/// A report as test results, which every CI system shows.
///
/// A case for each test, or for each finding where no tests ran.
/// Format: https://github.com/testmoapp/junitxml.
package struct JUnitReport {
  private enum Outcome {
    case passed(output: String?)
    case failed(message: String, text: String)
    case skipped(message: String)
  }

  private struct Case {
    var suite: String
    var name: String
    var outcome: Outcome
  }

  /// The report as XML, with a newline at the end.
  package static func render(
    _ report: LeakReport,
    policy: FailurePolicy,
    root: SourceRoot
  ) -> String {
    let cases = cases(of: report, policy: policy, root: root)
    let failures = cases.count { if case .failed = $0.outcome { true } else { false } }
    let skipped = cases.count { if case .skipped = $0.outcome { true } else { false } }
    let counts =
      "tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"0\" skipped=\"\(skipped)\""
    let name = escapedForMarkup("leaks of \(fileName(report.target.executable))")
    var lines = [
      #"<?xml version="1.0" encoding="UTF-8"?>"#,
      "<testsuites name=\"\(report.tool.name)\" \(counts)>",
      "  <testsuite name=\"\(name)\" \(counts)>",
    ]
    for item in cases {
      let head =
        "    <testcase classname=\"\(escapedForMarkup(item.suite))\" name=\"\(escapedForMarkup(item.name))\" time=\"0\""
      switch item.outcome {
      case .passed(nil): lines.append(head + "/>")
      case .passed(.some(let output)):
        lines.append("\(head)><system-out>\(escapedForMarkup(output))</system-out></testcase>")
      case .failed(let message, let text):
        lines.append(
          "\(head)><failure message=\"\(escapedForMarkup(message))\" type=\"leak\">\(escapedForMarkup(text))</failure></testcase>"
        )
      case .skipped(let message):
        lines.append("\(head)><skipped message=\"\(escapedForMarkup(message))\"/></testcase>")
      }
    }
    lines += ["  </testsuite>", "</testsuites>"]
    return lines.joined(separator: "\n") + "\n"
  }

  private static func cases(
    of report: LeakReport,
    policy: FailurePolicy,
    root: SourceRoot
  ) -> [Case] {
    let bySignature = Dictionary(report.findings.map { ($0.signature, $0) }) { first, _ in first }
    var cases = report.tests.map { test in
      let found = test.findings.compactMap { bySignature[$0] }
      let failing = found.filter(policy.fails)
      let outcome: Outcome =
        if !test.wasExamined {
          .skipped(message: "it could not be examined")
        } else if let first = failing.first {
          .failed(
            message: failing.count == 1
              ? first.title : "\(failing.count) leaks; the first: \(first.title)",
            text: failing.map { $0.description(root: root) }.joined(separator: "\n\n")
          )
        } else if let possible = test.possibleFindings.lazy.compactMap({ bySignature[$0] })
          .first(where: policy.fails)
        {
          .skipped(message: "it may have left this behind, or others did: \(possible.title)")
        } else {
          .passed(
            output: found.isEmpty
              ? nil : found.map { $0.description(root: root) }.joined(separator: "\n\n")
          )
        }
      let parts = components(ofTest: test.id)
      return Case(
        suite: parts.count > 1 ? parts.dropLast().joined(separator: "/") : "tests",
        name: parts.last ?? test.id,
        outcome: outcome
      )
    }
    let assigned = Set(report.tests.flatMap(\.findings))
    cases += report.findings.filter { !assigned.contains($0.signature) }.map { finding in
      let outcome: Outcome =
        if let suppression = finding.suppressedBy {
          .skipped(message: suppression)
        } else if policy.fails(finding) {
          .failed(message: finding.title, text: finding.description(root: root))
        } else {
          .passed(output: finding.description(root: root))
        }
      return Case(
        suite: "leaks.\(finding.kind.rawValue)",
        name: "\(finding.type) (\(finding.signature))",
        outcome: outcome
      )
    }
    if let doubt = report.doubt {
      cases.append(Case(suite: "leaks", name: "the snapshot", outcome: .skipped(message: doubt)))
    } else if cases.isEmpty {
      cases.append(Case(suite: "leaks", name: "no leaks", outcome: .passed(output: nil)))
    }
    return cases
  }
}
