import Foundation
import Testing

/// Every scenario of the fixtures, debug and optimized, without and with `remnant run`.
///
/// One after the other: each starts a program, and the machine has few cores.
@Suite(.serialized)
struct EndToEndTests {
  @Test("Every scenario has an expectation, and every expectation a scenario")
  func expectationsMatchScenarios() throws {
    let names = try Fixtures.run("--list", .debug).output.split(separator: "\n").map(String.init)
    #expect(names.count == Set(names).count)
    #expect(names.sorted() == Expectation.names)
    for name in names {
      #expect(try Expectation(named: name, in: .debug).scenario == name)
    }
  }

  @Test(
    "The objects that a scenario counts as alive are those that it ought to leak",
    arguments: Expectation.names,
    Configuration.allCases
  )
  func truth(name: String, configuration: Configuration) throws {
    let expectation = try Expectation(named: name, in: configuration)
    let result = try Fixtures.run(name, configuration)
    #expect(result.status == 0)
    let truth = try Truth(lastLineOf: result.output)
    #expect(truth.scenario == name)
    // A clean one may have objects alive: something holds them.
    if expectation.isLeaky { #expect(truth.alive == expectation.leakedTypes) }
  }

  @Test(
    "The report names what leaked, and nothing else",
    arguments: Expectation.names,
    Configuration.allCases
  )
  func report(name: String, configuration: Configuration) throws {
    let expectation = try Expectation(named: name, in: configuration)
    let plain = try Fixtures.run(name, configuration)
    let (process, report) = try Remnant.run(name, configuration)

    #expect(process.output == plain.output)
    #expect(process.status == expectation.exitStatus)
    #expect(report.schemaVersion == 1)
    #expect(report.summary.countsNegative == 0)
    #expect(report.ownLeakedTypes == expectation.leakedTypes)

    var unexpected = report.findings
    for expected in expectation.findings {
      let position = unexpected.firstIndex { finding in
        finding.kind == expected.kind && finding.confidence >= expected.minimumConfidence
          && finding.fields == CycleFields(expected.fields)
      }
      #expect(
        position != nil,
        "\(expected.kind) through \(CycleFields(expected.fields)) is missing"
      )
      if let position { unexpected.remove(at: position) }
    }
    for finding in unexpected {
      Issue.record(
        "unexpected: \(finding.kind) (\(finding.confidence)) of \(finding.type): \(finding.fields)"
      )
    }
  }
}
