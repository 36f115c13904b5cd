extension LeakReport {
  /// Says how to get files and lines, where the program's own code has none.
  ///
  /// A program that has been stripped lacks the names of its functions, too.
  mutating func noteMissingLines() {
    let frames = findings.flatMap { $0.allocations.flatMap(\.frames) + ($0.suspendedIn ?? []) }
    let own = frames.filter { !$0.library }
    guard !own.isEmpty, own.allSatisfy({ $0.file == nil }) else { return }
    let program = fileName(target.executable)
    let isStripped = own.allSatisfy { $0.function.contains(/^.*\+0x[0-9a-f]+$/) }
    summary.notes.append(
      isStripped
        ? "`\(program)` is stripped, so functions and lines are unknown: don't strip it, and build it with -g."
        : "`\(program)` has no line numbers: build it with -g (swiftc -g, or swift build -c release "
          + "-Xswiftc -g) to see files and lines."
    )
  }
}
