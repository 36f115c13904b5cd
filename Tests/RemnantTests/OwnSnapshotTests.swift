import Foundation
import Remnant
import Synchronization
import TestSupport
import Testing
import WeakReferences

private let isChosen = ProcessInfo.processInfo.environment["REMNANT_SNAPSHOTS"] != nil

/// What a snapshot leaves in the process that takes it of itself: nothing.
///
/// In a process of its own, where nobody else opens files or starts programs.
@Suite(.enabled(if: isChosen), .serialized) struct OwnSnapshotCells {
  private var descriptors: Set<String> {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    // The folder that is being read has one of its own.
    return Set(
      names.compactMap {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
      }
      .filter { !$0.hasSuffix("/fd") }
    )
  }

  private var hasChildren: Bool { waitpid(-1, nil, WNOHANG | Int32(bitPattern: 0x4000_0000)) >= 0 }

  @Test func leavesNothing() throws {
    // What the first one brings along for good: caches, and the files of symbols.
    _ = try LeakScan.run()
    let before = descriptors
    for _ in 0..<5 { _ = try LeakScan.run() }
    #expect(descriptors == before)
    #expect(!hasChildren)
  }

  /// Foundation starts a run loop for the first child process, which here is the symbolizer.
  @Test func holdsWhatItStarts() throws {
    final class Ring { var own: Ring? }
    let tracker = LeakTracker()
    func makeRing() -> WeakRef<Ring> {
      let ring = tracker.track(Ring())
      ring.own = ring
      return WeakRef(ring)
    }
    let ring = makeRing()
    #expect(try tracker.report().findings.first?.type.contains("Ring") == true)
    ring.object?.own = nil
    let types = try LeakScan.run().findings.map(\.type)
    #expect(types.filter { $0.hasPrefix("Foundation.") } == [])
  }

  @Test func othersGoOn() throws {
    let isOver = Atomic(false)
    let allocations = Atomic(0)
    let children = Atomic(0)
    let threads = (0..<4).map { number in
      let thread = Thread {
        var kept: [[Int]] = []
        while !isOver.load(ordering: .relaxed) {
          kept.append([number])
          if kept.count > 1000 { kept = [] }
          allocations.add(1, ordering: .relaxed)
        }
      }
      thread.start()
      return thread
    }
    let starter = Thread {
      while !isOver.load(ordering: .relaxed) {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/true")
        try? process.run()
        process.waitUntilExit()
        if process.terminationStatus == 0 { children.add(1, ordering: .relaxed) }
      }
    }
    starter.start()
    for _ in 0..<5 {
      let scan = try LeakScan.run()
      #expect(scan.pause < .seconds(5))
    }
    isOver.store(true, ordering: .relaxed)
    while threads.contains(where: { !$0.isFinished }) || !starter.isFinished { usleep(1000) }
    #expect(allocations.load(ordering: .relaxed) > 0)
    #expect(children.load(ordering: .relaxed) > 0)
    #expect(!hasChildren)
  }

  @Test func fromManyThreads() async throws {
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<4 { group.addTask { try LeakScan.run().findings.count } }
      for try await _ in group {}
    }
    #expect(!hasChildren)
  }
}

@Suite("What a snapshot of the process itself leaves behind") struct OwnSnapshotTests {
  @Test("leaves no descriptor and no process behind, and lets threads, children and others go on")
  func cells() async throws {
    let run = try await Subprocess.run(
      [
        try Built.testBundle(), "--testing-library", "swift-testing", "--filter",
        "OwnSnapshotCells",
      ],
      environment: ["REMNANT_SNAPSHOTS": "1"]
    )
    #expect(run.exitStatus == 0, "\(run.transcript)")
    #expect(run.transcript.contains("Test run with 4 tests"), "\(run.transcript)")
  }

  @Test("says so where nothing was recorded, and the helpers go on without")
  func disabled() async throws {
    let run = try await Subprocess.run(
      [
        try Built.testBundle(), "--testing-library", "swift-testing", "--filter",
        "AssertNoLeaksTests/clean|AssertDeallocatedTests/clean",
      ],
      environment: ["REMNANT_RECORDING": "0"]
    )
    #expect(run.exitStatus == 0, "\(run.transcript)")
    #expect(
      run.errors.contains("not checked for leaks: REMNANT_RECORDING=0 is set"),
      "\(run.transcript)"
    )
  }
}
