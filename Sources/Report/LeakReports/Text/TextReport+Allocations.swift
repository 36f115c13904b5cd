extension TextReport {
  /// Libraries whose frames around the user's say nothing: they allocate, and they start programs.
  private static let silentImages = [
    "libswiftCore", "libswift_Concurrency", "libRemnantRecorder", "libc.", "ld-linux",
  ]

  mutating func drawAllocations(of finding: LeakReport.Finding) {
    let allocations = Self.withoutRepetitions(finding.allocations)
    let shown =
      allocations.count > Limit.allocations + 1
      ? Array(allocations.prefix(Limit.allocations)) : allocations
    for (index, allocation) in shown.enumerated() {
      let what = StyledText("\(grouped(allocation.count)) × \(briefly(allocation.type))")
      let label = index == 0 ? "allocated" : ""
      guard !allocation.frames.isEmpty else {
        add(what + StyledText(", no call stack recorded", .dim), label: label)
        continue
      }
      add(what + " at", label: label)
      draw(allocation.frames, limit: index == 0 ? Limit.frames : Limit.framesOfOthers)
    }
    if allocations.count > shown.count {
      let rest = allocations.dropFirst(shown.count)
      let objects = quantity(rest.reduce(0) { $0 + $1.count }, "object")
      add(
        StyledText("… and \(objects) from \(grouped(rest.count)) more call stacks", .dim),
        label: ""
      )
    }
  }

  /// Stacks that differ in frames of libraries alone, as one.
  private static func withoutRepetitions(
    _ allocations: [LeakReport.Finding.Allocation]
  ) -> [LeakReport.Finding.Allocation] {
    struct Place: Hashable {
      var type: String
      var frames: [LeakReport.Finding.Frame]
    }
    var positions: [Place: Int] = [:]
    var result: [LeakReport.Finding.Allocation] = []
    for allocation in allocations {
      let own = allocation.frames.filter { !$0.library }
      let place = Place(type: allocation.type, frames: own.isEmpty ? allocation.frames : own)
      if let position = positions[place] {
        result[position].count += allocation.count
      } else {
        positions[place] = result.count
        result.append(allocation)
      }
    }
    return result
  }

  /// A call stack, innermost first: the user's frames, and how many of which libraries between.
  private mutating func draw(_ frames: [LeakReport.Finding.Frame], limit: Int) {
    var frames = Self.withoutSilentEnds(frames)
    // One frame alone says the most where it is the program's own.
    if limit == 1, let own = frames.firstIndex(where: { !$0.library && $0.file != nil }) {
      frames = frames[own...]
    }
    var position = frames.startIndex
    var lines = 0
    while position < frames.endIndex {
      if lines >= limit {
        let rest = quantity(frames.endIndex - position, "more frame")
        add(StyledText("… and \(rest)", .dim), label: "", indent: 2)
        return
      }
      lines += 1
      let frame = frames[position]
      guard frame.library else {
        draw(frame)
        position += 1
        continue
      }
      let fold = frames[position...].prefix { $0.library }
      if fold.count == 1 {
        add(
          StyledText("⋯ \(briefly(frame.function)) in \(frame.image)", .dim),
          label: "",
          indent: 2
        )
      } else {
        var images: [String] = []
        for image in fold.map(\.image) where !images.contains(image) { images.append(image) }
        let text = "⋯ \(quantity(fold.count, "frame")) in \(images.joined(separator: ", "))"
        add(StyledText(text, .dim), label: "", indent: 2)
      }
      position = fold.endIndex
    }
  }

  private mutating func draw(_ frame: LeakReport.Finding.Frame) {
    var text = StyledText(briefly(frame.function), .bold)
    if let file = frame.file {
      let place = sourcePosition(file: fileName(file), line: frame.line, column: frame.column)
      text += StyledText(" at \(place)")
    } else {
      text += StyledText(" in \(frame.image)", .dim)
    }
    add(text, label: "", indent: 2)
  }

  /// The frames from the first to the last that say something; all, where none of them is the user's.
  private static func withoutSilentEnds(
    _ frames: [LeakReport.Finding.Frame]
  ) -> ArraySlice<LeakReport.Finding.Frame> {
    func isSilent(_ frame: LeakReport.Finding.Frame) -> Bool {
      // The linker's start of every program calls libc, which calls `main`.
      frame.library && silentImages.contains { frame.image.hasPrefix($0) }
        || frame.function == "_start" && frame.file == nil
    }
    guard let first = frames.firstIndex(where: { !isSilent($0) }),
      let last = frames.lastIndex(where: { !isSilent($0) })
    else { return frames[...] }
    return frames[first...last]
  }
}
