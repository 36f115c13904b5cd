import HeapAnalysis
import HeapGraph

@testable import LeakReports

/// Reports made by hand: every kind and every part, with names that a format could stumble over.
enum SampleReport {
  /// With a line break and a quotation mark that are no `Character` of their own, and so are overlooked by
  /// whoever looks for them by `Character`.
  static let awkward =
    #"App.Box<"a" & <b> | `c`; \d> ✂ 100%, ]]> </script>"#
    + "\r\n::error file=evil::INJECTED \"\u{301}`\u{301}"

  /// A pipeline of publishers.
  static let long =
    "App.Map<\(String(repeating: "App.Filter<", count: 20))Swift.Int\(String(repeating: ">", count: 20))>"

  /// One finding of each kind, and more cycles.
  static var everything: LeakReport {
    var findings = [
      cycle(awkward, "pet`s", signature: "00000000000000a1"),
      cycle("App.Owner", "pet", signature: "00000000000000a2", line: #line),
    ]
    for (index, kind) in FindingKind.allCases.enumerated() where kind != .retainCycle {
      var finding = cycle("App.Kind\(index)", "next", signature: "00000000000000b\(index)")
      finding.kind = kind
      finding.path = kind == .survivor ? finding.path : []
      finding.root =
        kind == .survivor
        ? .init(
          kind: "global",
          name: "static App.shared",
          location: .init(function: "main", file: "/src/main.swift", line: 3)
        )
        : nil
      finding.hint = nil
      if kind == .stuckTask { finding.suspendedIn = finding.allocations[0].frames }
      findings.append(finding)
    }
    findings.append(cycle(long, "upstream", signature: "00000000000000d1"))
    findings[2].confidence = .possible
    findings[2].reasons = ["A word could not be excluded: \(awkward)\nsecond line"]
    var report = report(findings)
    report.tests = [
      .init(id: "AppTests.Suite/leaks()", attribution: .stack, findings: ["00000000000000a2"]),
      .init(id: "AppTests.Suite/clean(\"a\" & <b>)", attribution: .none, findings: []),
    ]
    report.census = findings.map {
      .init(type: $0.type, count: $0.count, bytes: $0.bytes, leaked: 1)
    }
    report.stacks = [
      .init(
        count: 3,
        bytes: 300,
        leakedCount: 1,
        leakedBytes: 100,
        frames: ["malloc; \r\n", "main"]
      ),
      .init(count: 1, bytes: 50, leakedCount: 0, leakedBytes: 0, frames: []),
    ]
    return report
  }

  /// What a baseline and suppressions add: one finding known, one suppressed, one fixed, one suppression unused.
  static var accepted: LeakReport {
    var report = everything
    var old = everything
    old.findings = [old.findings[1], cycle("App.Gone", "self", signature: "00000000000000c1")]
    report.compare(with: Baseline(old))
    let suppressions = "# why: <it> & \"that\"\nleak:App.Kind2\n\nleak:Nothing|like<this>\n"
    if let suppressions = try? Suppressions(parsing: suppressions, file: "leaks.supp") {
      report.apply(suppressions)
    }
    return report
  }

  /// So many different cycles, as a large program has them.
  static func many(_ count: Int) -> LeakReport {
    report(
      (0..<count).map { index in
        let hexadecimal = String(index, radix: 16)
        let signature = String(repeating: "0", count: 16 - hexadecimal.count) + hexadecimal
        var finding = cycle(
          "App.Module\(index % 100).Type\(index)",
          "field\(index % 7)",
          signature: signature
        )
        finding.bytes = (index * 7919) % 1_000_003
        return finding
      }
    )
  }

  static func cycle(
    _ type: String,
    _ field: String,
    signature: String,
    line: Int = 12
  ) -> LeakReport.Finding {
    func frame(_ function: String, line: Int?) -> LeakReport.Finding.Frame {
      .init(
        function: function,
        file: line == nil ? nil : #filePath,
        line: line,
        image: line == nil ? "libswiftCore.so" : "App",
        column: nil,
        library: line == nil
      )
    }
    let other = "App.Pet"
    return LeakReport.Finding(
      signature: signature,
      kind: .retainCycle,
      confidence: .proven,
      reasons: [],
      namedBy: ["a word in 272 bytes of raw memory"],
      type: type,
      count: 10,
      bytes: 2040,
      strongCount: 1,
      unownedCount: 0,
      weakCount: 1,
      exactCount: 1,
      possibleCount: 1,
      members: [
        .init(type: type, count: 10, bytes: 480, role: .cycle),
        .init(type: other, count: 10, bytes: 400, role: .cycle),
        .init(type: "App.Photo", count: 10, bytes: 1160, role: .owned),
      ],
      path: [
        .init(
          from: type,
          via: field,
          ownership: .strong,
          to: other,
          exact: true,
          location: nil,
          captures: nil
        ),
        .init(
          from: other,
          via: "owner",
          ownership: .strong,
          to: type,
          exact: true,
          location: .init(function: "closure #1 in Pet.bind()", file: #filePath, line: line),
          captures: ["self"]
        ),
      ],
      root: nil,
      allocations: [
        .init(
          count: 10,
          frames: [
            frame("swift_allocObject", line: nil), frame("Owner.init()", line: line),
            frame("run<A>(_:) where A: Equatable", line: line + 3), frame("main", line: nil),
          ],
          type: type,
          bytes: 480
        ),
        .init(count: 10, frames: [], type: other, bytes: 400),
      ],
      suspendedIn: nil,
      hint: .init(
        text: "make `Pet.owner` weak",
        edges: [1],
        frees: 30,
        verified: true,
        reason: "its target, `App.Owner`, was allocated first",
        change: .weaken
      ),
      suppressedBy: nil,
      baseline: nil
    )
  }

  private static func report(_ findings: [LeakReport.Finding]) -> LeakReport {
    LeakReport(
      tool: .init(version: LeakReport.Tool.currentVersion),
      target: .init(
        executable: "/srv/app & co/App",
        arguments: 1,
        pid: 4711,
        exitStatus: 0,
        toolchain: "6.3.1",
        hasSwift: true
      ),
      capture: .init(moment: .exit, complete: true, durationSeconds: 0.5, pauseSeconds: 0.25),
      summary: .init(
        liveObjects: 1000,
        liveBytes: 100_000,
        leakedObjects: 30,
        leakedBytes: 2040,
        findings: findings.count,
        suppressed: 0,
        countsExplained: 900,
        countsUnexplained: 100,
        countsNegative: 0,
        notes: ["A note with <markup>, | pipes and `code`."]
      ),
      findings: findings
    )
  }
}
