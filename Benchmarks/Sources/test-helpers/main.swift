// Measures what a passing check costs, beside the same work without one. From the root of the repository:
//
//     swift run --package-path Benchmarks -c release test-helpers [rounds]

import Foundation
import Remnant
import RemnantTesting

final class Object {
  var number = 0
}

@inline(never) func make() -> Object { Object() }

/// Calls `body` below this many frames of its own.
@inline(never) func below(_ frames: Int, _ body: () -> Void) {
  // Through a variable, and with something to do afterwards: the optimiser would make a loop of it.
  if frames == 0 { body() } else { next(frames - 1, body) }
  passed += 1
}

nonisolated(unsafe) var next = below
nonisolated(unsafe) var passed = 0

let rounds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 20_000

/// Nanoseconds of one call, the best of ten.
func nanoseconds(_ body: () -> Void) -> Double {
  (0..<10).map { _ in
    let start = ContinuousClock.now
    for _ in 0..<rounds { body() }
    let elapsed = start.duration(to: .now).components
    return (Double(elapsed.seconds) * 1e9 + Double(elapsed.attoseconds) / 1e9) / Double(rounds)
  }.min() ?? .nan
}

func row(_ name: String, _ value: Double, limit: Double?) {
  let text = value.formatted(.number.precision(.fractionLength(2)))
  let verdict = limit.map { "\($0.formatted()) µs\(value <= $0 ? "" : " **missed**")" } ?? ""
  print("| \(name) | \(text) µs | \(verdict) |")
}

below(32) { precondition(CallStack().addresses.count == CallStack.depth) }
print("| a check that passes | microseconds | at most |\n| --- | --- | --- |")
var plain = 0.0
var single = 0.0
var scope = 0.0
var track = 0.0
below(32) {
  plain = nanoseconds { _ = make() } / 1000
  single = nanoseconds { assertDeallocated { make() } } / 1000
  scope = nanoseconds { withLeakTracking { _ = trackForMemoryLeaks(make()) } } / 1000
  let objects = (0..<rounds).map { _ in make() }
  track =
    (0..<10).map { _ in
      let tracker = LeakTracker()
      let start = ContinuousClock.now
      for object in objects { tracker.track(object) }
      let elapsed = start.duration(to: .now).components
      return (Double(elapsed.seconds) * 1e6 + Double(elapsed.attoseconds) / 1e12)
        / Double(rounds)
    }.min() ?? .nan
}
row("the object alone", plain, limit: nil)
row("`assertDeallocated`", single - plain, limit: 10)
row("`withLeakTracking` with one `trackForMemoryLeaks`", scope - plain, limit: nil)
row("`track`, 32 frames", track, limit: 2)
