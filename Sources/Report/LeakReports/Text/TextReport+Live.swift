/// Live memory by the call stacks that allocated it.
extension TextReport {
  mutating func drawLive() {
    guard !report.stacks.isEmpty else { return }
    canvas.add(StyledText("Live memory by call stack", .bold))
    canvas.add(StyledText("      bytes    blocks    leaked  allocated in", .dim))
    let shown = report.stacks.prefix(Limit.stacks)
    for stack in shown {
      let figures =
        padded(readableBytes(stack.bytes), 11) + padded(grouped(stack.count), 10)
        + padded(stack.leakedCount > 0 ? grouped(stack.leakedCount) : "", 10)
      canvas.add(
        StyledText(figures, stack.leakedCount > 0 ? .red : .plain)
          + StyledText("  \(Self.callers(in: stack.frames))"),
        hanging: StyledText(String(repeating: " ", count: 33))
      )
    }
    let left = report.stacks.dropFirst(shown.count)
    if !left.isEmpty {
      let bytes = readableBytes(left.reduce(0) { $0 + $1.bytes })
      canvas.add(
        StyledText(
          "… and \(bytes) of \(quantity(left.count, "other call stack")): "
            + "--output leaks.collapsed has all",
          .dim
        ),
        first: "  ",
        hanging: "    "
      )
    }
    canvas.blank()
  }

  /// The innermost functions that aren't the allocator's or the runtime's.
  private static func callers(in frames: [String]) -> String {
    let plain = ["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc"]
    let own = frames.drop { name in
      name.hasPrefix("swift_") || name.hasPrefix("_swift_") || plain.contains(name)
        || name.hasPrefix("swift::")
    }
    let names = own.isEmpty ? frames[...] : own
    if names.isEmpty { return "no call stack recorded" }
    return names.prefix(3).map(briefly).joined(separator: " ← ") + (names.count > 3 ? " ← …" : "")
  }

  func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
