import Foundation
import HeapAnalysis
import LeakReports
import RemnantConfiguration

// What a user hands in, under libFuzzer: reports, baselines, suppressions and configurations that nobody thought of.
// Each must be read, or refused with an error that says why; what was read must be shown in every format.
//
//     REMNANT_FUZZING=1 swift build --sanitize fuzzer --scratch-path .build-fuzzing --product fuzz-inputs
//     .build-fuzzing/debug/fuzz-inputs Tests/Fuzzing/inputs/Corpus -max_total_time=60

/// Called by libFuzzer with each input; the first byte says what the others are.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: bytes, count: count))
  guard let kind = input.first else { return 0 }
  let contents = Array(input.dropFirst())
  do {
    switch kind {
    case UInt8(ascii: "R"): try show(LeakReport(json: Data(contents), file: "report"))
    case UInt8(ascii: "B"): _ = try Baseline(json: text(contents), file: "baseline").json()
    case UInt8(ascii: "S"): _ = try Suppressions(parsing: text(contents), file: "suppressions")
    case UInt8(ascii: "C"): _ = try Configuration(parsing: text(contents), file: "configuration")
    default: return 0
    }
  } catch is ReportError {
    return 0
  } catch {
    fatalError("an error that tells the user nothing: \(error)")
  }
  return 0
}

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// In every format, judged, and merged with itself.
private func show(_ report: LeakReport) throws {
  var report = report
  report.merge(report)
  AcceptedFindings(
    suppressions: try Suppressions(parsing: "leak:a*b\nleak:^App", file: "s"),
    baseline: Baseline(report)
  ).mark(&report)
  for format in ReportFormat.allCases {
    _ = try report.rendered(as: format, policy: .standard, root: SourceRoot("/"))
  }
  _ = report.verdict(policy: .standard)
  _ = ReportDifference(from: report, to: report).text()
  _ = Suppressions.text(for: report)
}
