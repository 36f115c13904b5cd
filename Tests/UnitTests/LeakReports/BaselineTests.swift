import HeapAnalysis
import Testing

@testable import LeakReports

@Suite("Baselines, limits and differences") struct BaselineTests {
  private let old = Examples.cycleByFields
  private let new = {
    var report = Examples.cycleThroughClosure
    report.findings[0].signature = "00000000000000aa"
    return report
  }()

  @Test("what the baseline knows is known, what it doesn't is new, what is no more is fixed")
  func comparing() throws {
    var both = old
    both.merge(new)
    both.compare(with: Baseline(old))
    let known = try #require(both.findings.first { $0.signature == old.findings[0].signature })
    #expect(known.baseline == .known)
    #expect(!FailurePolicy.standard.fails(known))
    let added = try #require(both.findings.first { $0.signature == new.findings[0].signature })
    #expect(added.baseline == .new)
    #expect(FailurePolicy.standard.fails(added))
    #expect(both.fixed == [])

    var fixed = new
    fixed.compare(with: Baseline(old))
    #expect(fixed.fixed.map(\.signature) == [old.findings[0].signature])
  }

  /// A finding as this version gives it, and the baseline that version 0.1 wrote of it.
  private func renamed(_ kind: FindingKind) -> (report: LeakReport, baseline: Baseline) {
    let baseline = Baseline(old)
    var report = old
    report.findings[0].kind = kind
    report.findings[0].formerSignature = old.findings[0].signature
    report.findings[0].signature = "00000000000000bb"
    return (report, baseline)
  }

  @Test("a baseline of version 0.1 covers by the former signature, with a note to write it anew")
  func formerSignature() {
    var (report, baseline) = renamed(.unbalancedRetain)
    report.compare(with: baseline)
    #expect(report.findings[0].baseline == .known)
    #expect(report.fixed == [])
    #expect(report.summary.notes.contains { $0.contains("--update-baseline") })
    // Written anew, it knows the new one and nothing else.
    var new = Baseline(report)
    new.keep(baseline, of: report)
    #expect(new.findings.map(\.signature) == ["00000000000000bb"])
    report.apply(limits: [old.findings[0].signature: 3])
    #expect(report.findings[0].limit == 3)
  }

  @Test("but no stuck task: one signature stood for all of them, and the report says so")
  func formerStuckTask() {
    var (report, baseline) = renamed(.stuckTask)
    report.compare(with: baseline)
    #expect(report.findings[0].baseline == .new)
    #expect(report.fixed == [])
    #expect(report.summary.notes.contains { $0.contains("stood for all stuck tasks") })
    report.apply(limits: [old.findings[0].signature: 3])
    #expect(report.findings[0].limit == nil)
  }

  @Test("a suppression by the former signature covers, too")
  func formerSuppression() throws {
    var (report, _) = renamed(.unbalancedRetain)
    report.apply(
      try Suppressions(parsing: "leak:\(old.findings[0].signature)", file: "leaks.supp")
    )
    #expect(report.findings[0].suppressedBy != nil)
  }

  @Test("nothing is called fixed by a look that didn't see everything")
  func incomplete() {
    var report = new
    report.capture.complete = false
    report.compare(with: Baseline(old))
    #expect(report.fixed == [])
  }

  @Test("nothing is called fixed by a program that failed or ran on, nor what nobody looked for")
  func notFixed() {
    for change in [
      { $0.target.exitStatus = 3 }, { $0.target.signal = 6 }, { $0.capture.moment = .after },
      { $0.capture.moment = .interrupt },
    ] as [(inout LeakReport) -> Void] {
      var report = new
      change(&report)
      report.compare(with: Baseline(old))
      #expect(report.fixed == [])
      var baseline = Baseline(report)
      baseline.keep(Baseline(old), of: report)
      #expect(baseline.findings.count == 2)
    }
    var zombies = Baseline(old)
    zombies.findings[0].kind = .zombie
    var report = new
    report.compare(with: zombies)
    #expect(report.fixed == [])
  }

  @Test("it is written and read without a difference, and a report serves as one")
  func roundTrip() throws {
    let baseline = Baseline(old)
    #expect(try Baseline(json: try baseline.json(), file: "b.json") == baseline)
    #expect(try Baseline(json: try old.json(), file: "b.json") == baseline)
    var suppressed = old
    suppressed.apply(try Suppressions(parsing: "leak:App", file: "s"))
    #expect(Baseline(suppressed).findings == [])
  }

  @Test(
    "what is no baseline is refused, with what is wrong",
    arguments: [
      ("", "'b.json' is empty"), ("{}", "`baselineVersion` is missing"),
      ("[]", "'b.json' isn't a baseline"),
      (#"{"baselineVersion": 9, "findings": []}"#, "baseline version 9"),
      (#"{"baselineVersion": 1, "findings": [{"signature": 1}]}"#, "findings[0].signature"),
      (#"{"baselineVersion": 1, "findings": ["#, "'b.json' isn't a baseline"),
    ]
  )
  func refused(text: String, message: String) {
    let error = #expect(throws: ReportError.self) { try Baseline(json: text, file: "b.json") }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }

  @Test("a finding within its limit doesn't fail; one above it fails, known or not")
  func limits() {
    let signature = old.findings[0].signature
    for (limit, isKnown, fails) in [
      (10, false, false), (9, false, true), (9, true, true), (10, true, false),
    ] {
      var report = old
      if isKnown { report.compare(with: Baseline(old)) }
      report.apply(limits: [signature: limit])
      #expect(FailurePolicy.standard.fails(report) == fails, "\(limit) \(isKnown)")
    }
  }

  @Test("a known finding takes one line, a new one its whole text")
  func text() {
    var both = old
    both.merge(new)
    both.compare(with: Baseline(old))
    let text = TextReport.render(both)
    #expect(text.contains("NEW LEAK 1 of 1"))
    #expect(text.contains("Known: accepted by the baseline"))
    #expect(text.contains("1 new leak"))
    #expect(text.contains("1 known"))
    #expect(
      both.verdict(policy: .standard).contains("1 failing · 1 known · 0 suppressed · 0 fixed")
    )
  }

  @Test("a report of nothing is told as unchecked; a Swift program without objects is none")
  func unchecked() {
    var report = old
    report.summary.countsExplained = 0
    report.summary.countsUnexplained = 0
    #expect(report.isUnchecked)
    report.summary.liveObjects = 0
    #expect(!report.isUnchecked)
    report.target.hasSwift = false
    #expect(!report.isUnchecked, "there is nothing to check in a program that isn't Swift")
    report.capture.complete = false
    #expect(report.isUnchecked)
    #expect(
      report.verdict(policy: .standard, unchecked: ["a.json"]).contains(
        "a.json: nothing was checked"
      )
    )
    report.target.hasSwift = true
    report.capture.complete = false
    #expect(report.isUnchecked)
    report.summary.countsExplained = 5
    #expect(!report.isUnchecked)
    #expect(report.doubt == "not everything could be read")
  }

  @Test("a difference tells what is new, gone and grown")
  func difference() throws {
    var grown = old
    grown.findings[0].count += 5
    grown.merge(new)
    let difference = ReportDifference(from: old, to: grown)
    #expect(difference.new.map(\.signature) == new.findings.map(\.signature))
    #expect(difference.gone == [])
    #expect(difference.grown.map { [$0.countBefore, $0.countAfter] } == [[10, 15]])
    let text = difference.text()
    #expect(text.contains("App.Owner, 10 → 15"))
    #expect(text.contains("1 new · 0 gone · 1 grown · 0 shrunk"))
    let back = ReportDifference(from: grown, to: old)
    #expect(back.gone.map(\.signature) == new.findings.map(\.signature))
    #expect(back.shrunk.count == 1)
  }
}
