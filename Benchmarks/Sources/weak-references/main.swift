// Measures WeakReferences beside Swift's own collections and CPython's weakref on the same work, in
// turn, and prints one table. From the root of the repository:
//
//     swift run --package-path Benchmarks -c release weak-references [entries]

import CMalloc
import Foundation
import WeakReferences

let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 200_000
guard count >= 1000 else {
  FileHandle.standardError.write(Data("weak-references: at least 1000 entries\n".utf8))
  exit(64)
}
let rounds = max(5, 4_000_000 / count)
let work = Work(count: count)
let python =
  CommandLine.arguments.count > 2 ? nil : CPython(entries: count, rounds: max(3, rounds / 4))

print("\(count) entries, best of \(rounds) rounds in turn, nanoseconds for each entry.\n")
print(
  "| operation | Swift's own | WeakReferences | times | at most | CPython | times faster, at least 5 |"
)
print("| --- | --- | --- | --- | --- | --- | --- |")
for operation in work.operations
where CommandLine.arguments.count < 3 || operation.name.contains(CommandLine.arguments[2]) {
  let (own, ours) = measure(operation)
  let times = ours / own
  let limit = operation.limit.map { "\($0)\(times <= $0 ? "" : " **missed**")" } ?? ""
  let theirs = operation.python.flatMap { python?.nanoseconds[$0] }
  let faster = theirs.map { "\(text($0 / ours))\($0 / ours >= 5 ? "" : " **missed**")" } ?? ""
  print(
    "| \(operation.name) | \(operation.baseline), \(text(own)) | \(text(ours)) | \(text(times)) "
      + "| \(limit) | \(theirs.map(text) ?? "") | \(faster) |"
  )
}
print("\n| container | bytes for each entry | after all have died |")
print("| --- | --- | --- |")
for container in work.containers {
  let (full, emptied) = bytes(of: container)
  print("| \(container.name) | \(full / count) | \(emptied) bytes in all |")
}

/// The best of several rounds, in turn and in either order: the noise of a machine only ever adds, and what comes second
/// finds the heap as the first left it.
@MainActor func measure(_ operation: Operation) -> (own: Double, ours: Double) {
  var own = Double.infinity
  var ours = Double.infinity
  for round in 0..<rounds {
    if round.isMultiple(of: 2) {
      own = min(own, nanoseconds(operation.own))
      ours = min(ours, nanoseconds(operation.ours))
    } else {
      ours = min(ours, nanoseconds(operation.ours))
      own = min(own, nanoseconds(operation.own))
    }
  }
  return (own, ours)
}

@MainActor func nanoseconds(_ body: () -> Void) -> Double {
  let elapsed = ContinuousClock().measure(body).components
  return (Double(elapsed.seconds) * 1e9 + Double(elapsed.attoseconds) / 1e9) / Double(count)
}

/// What the container itself allocated: when it is full, and when its entries have died.
@MainActor func bytes(of container: Container) -> (full: Int, emptied: Int) {
  var objects = work.makeThings()
  let before = Int(mallinfo2().uordblks)
  let kept = container.fill(objects)
  let full = Int(mallinfo2().uordblks) - before
  let size = malloc_usable_size(Unmanaged.passUnretained(objects[0]).toOpaque()) + 8
  objects = []
  let emptied = Int(mallinfo2().uordblks) - before + count * (size + 8)
  withExtendedLifetime(kept) {}
  return (full, max(0, emptied))
}

func text(_ number: Double) -> String {
  number < 10 ? String(format: "%.2f", number) : String(format: "%.0f", number)
}
