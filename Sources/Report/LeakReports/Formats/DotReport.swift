internal import HeapAnalysis

/// A report's paths as a graph in Graphviz's language: `dot -Tsvg leaks.dot -o leaks.svg`.
///
/// One cluster for each finding: the objects along its path, what holds it from outside, and in red the
/// references to change. Language: https://graphviz.org/doc/info/lang.html.
package struct DotReport: Sendable {
  private var lines: [String] = []

  /// The graph, with a newline at the end.
  package static func render(_ report: LeakReport) -> String {
    var graph = DotReport()
    graph.lines = [
      "digraph leaks {",
      "  graph [rankdir=LR, fontname=\"Helvetica\", labeljust=l]",
      "  node [shape=box, style=rounded, fontname=\"Helvetica\"]",
      "  edge [fontname=\"Helvetica\", fontsize=11]",
    ]
    for (index, finding) in report.findings.enumerated() where finding.suppressedBy == nil {
      graph.draw(finding, number: index + 1)
    }
    graph.lines.append("}")
    return graph.lines.joined(separator: "\n") + "\n"
  }

  private mutating func draw(_ finding: LeakReport.Finding, number: Int) {
    let title =
      "\(finding.kind.readable), \(finding.confidence.rawValue): \(finding.count) × "
      + "\(finding.type), \(readableBytes(finding.bytes))"
    lines.append("  subgraph cluster_\(number) {")
    lines.append("    label=\(quoted(title)); tooltip=\(quoted(finding.signature))")
    let path = finding.path
    let isCycle = finding.kind == .retainCycle && path.last?.to == path.first?.from
    func node(_ index: Int) -> String {
      "n\(number)_\(isCycle && index == path.count ? 0 : index)"
    }
    let types =
      path.isEmpty ? [finding.type] : path.map(\.from) + (isCycle ? [] : [path.last?.to ?? ""])
    for (index, type) in types.enumerated() {
      let weight = type == finding.type ? ", penwidth=2" : ""
      lines.append("    \(node(index)) [label=\(quoted(type))\(weight)]")
    }
    if let root = finding.root {
      lines.append("    r\(number) [label=\(quoted(root.name)), shape=ellipse, style=filled]")
      lines.append("    r\(number) -> \(node(0))")
    }
    let suspects = Set(finding.hint?.edges ?? [])
    for (index, step) in path.enumerated() {
      var attributes = "label=\(quoted(step.via))"
      if suspects.contains(index) {
        attributes += ", color=red, fontcolor=red, penwidth=2"
        if let hint = finding.hint { attributes += ", tooltip=\(quoted(hint.text))" }
      }
      if !step.exact { attributes += ", style=dashed" }
      lines.append("    \(node(index)) -> \(node(index + 1)) [\(attributes)]")
    }
    lines.append("  }")
  }

  private func quoted(_ text: String) -> String {
    "\"\(escaping(inOneLine(text)) { $0 == "\\" || $0 == "\"" ? "\\\($0)" : nil })\""
  }
}
