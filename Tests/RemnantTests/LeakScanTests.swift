import Foundation
import Remnant
import Testing
import WeakReferences

private final class Ring {
  var next: Ring?
}

private final class Listener {}

private final class Bus: Sendable {
  nonisolated(unsafe) static var listeners: [Listener] = []
}

@Suite("A snapshot of the process itself") struct LeakScanTests {
  @Test("a survivor in a cycle is reported with the cycle and the reference to change")
  func cycle() throws {
    let tracker = LeakTracker()
    let ring = makeRing(tracker)
    let scan = try tracker.report()
    let finding = try #require(scan.findings.first)
    #expect(scan.findings.count == 1)
    #expect(finding.kind == "retain-cycle")
    #expect(finding.type.hasSuffix("Ring"))
    #expect(finding.hint?.contains("next") == true)
    ring.object?.next = nil
    #expect(tracker.survivors.isEmpty)
  }

  @inline(never) private func makeRing(_ tracker: LeakTracker) -> WeakRef<Ring> {
    let ring = tracker.track(Ring())
    ring.next = Ring()
    ring.next?.next = ring
    return WeakRef(ring)
  }

  @Test("what examines the process is never found in it, on any kind of thread")
  func own() async throws {
    var scans = [try LeakScan.run()]
    scans.append(
      try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async {
          continuation.resume(with: Result { try LeakScan.run() })
        }
      }
    )
    scans.append(try LeakScan.run())
    for finding in scans.flatMap(\.findings) {
      #expect(!finding.type.hasPrefix("Remnant."), "\(finding)")
      #expect(!finding.type.hasPrefix("HeapCapture."), "\(finding)")
      #expect(!finding.type.hasPrefix("Examination."), "\(finding)")
      #expect(!finding.type.contains("SnapshotThread"), "\(finding)")
    }
  }

  @Test("a survivor that a global holds is reported with the path")
  func global() throws {
    let tracker = LeakTracker()
    addListener(tracker)
    let scan = try tracker.report()
    let finding = try #require(scan.findings.first)
    #expect(finding.kind == "survivor")
    #expect(scan.description.contains("listeners"))
    Bus.listeners = []
    #expect(tracker.survivors.isEmpty)
  }

  @inline(never) private func addListener(_ tracker: LeakTracker) {
    Bus.listeners.append(tracker.track(Listener()))
  }
}
