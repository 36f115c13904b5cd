/// The documentation's page on what the tools say.
struct Page {
  var scenarios: [Scenario]
  var tools: [(name: String, version: String, rule: String)]
  /// Of each scenario, of each tool.
  var verdicts: [[Verdict]]
  var command: String

  var text: String {
    let versions = tools.map { "\($0.name): \($0.version)" }.joined(separator: " · ")
    let rules = tools.map { "- **\($0.name)** is \($0.rule)." }.joined(separator: "\n")
    let different = scenarios.indices.filter { index in
      verdicts[index].contains { $0 != .right }
    }
    return """
      # What the tools say of the fixtures

      Every program of `Fixtures/` in a debug build, under each tool; what is true of a program it
      counts itself, by births and deaths. Made by a command, to be repeated on any machine:

          swift build -c release && \(command)

      \(rules)

      A cycle is a leak that LeakSanitizer and Valgrind can find, as mangled allocation stacks: that
      is called right here. No type, field, cycle or fix is asked of them.

      \(totals)

      \(versions)

      ## Where one of them is not right

      \(table(different))

      <details><summary>All \(scenarios.count) scenarios</summary>

      \(table)

      </details>

      """
  }

  var totals: String {
    var lines = [
      "| | right on leaky | missed | inexact | right on clean | false alarms | timed out or failed |",
      "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    let leaky = scenarios.indices.filter { !scenarios[$0].isClean }
    let clean = scenarios.indices.filter { scenarios[$0].isClean }
    for (column, tool) in tools.enumerated() {
      func count(_ verdict: Verdict, _ indices: [Int]) -> Int {
        indices.count { verdicts[$0][column] == verdict }
      }
      let broken = count(.timedOut, leaky + clean) + count(.failed, leaky + clean)
      lines.append(
        "| **\(tool.name)** | \(count(.right, leaky)) of \(leaky.count) | \(count(.missed, leaky)) "
          + "| \(count(.inexact, leaky)) | \(count(.right, clean)) of \(clean.count) "
          + "| \(count(.falseAlarm, clean)) | \(broken) |"
      )
    }
    return lines.joined(separator: "\n")
  }

  var table: String { table(Array(scenarios.indices)) }

  private func table(_ indices: [Int]) -> String {
    var lines = [
      "| scenario | what it is | leaks | " + tools.map(\.name).joined(separator: " | ") + " |",
      "| --- | --- | --- |" + tools.map { _ in " --- |" }.joined(),
    ]
    for index in indices {
      let scenario = scenarios[index]
      let cells = verdicts[index].map { $0 == .right ? "right" : "**\($0.rawValue)**" }
      lines.append(
        "| `\(scenario.name)` | \(scenario.summary) | \(scenario.isClean ? "no" : "yes") | "
          + cells.joined(separator: " | ") + " |"
      )
    }
    return lines.joined(separator: "\n")
  }
}
