package import HeapGraph

/// What a report says that neither the heap graph nor its analysis knows.
package struct ReportContext: Sendable {
  package var tool: LeakReport.Tool
  package var target: LeakReport.Target
  package var capture: LeakReport.Capture
  /// Goes before the notes that the assembly adds itself.
  package var notes: [String]
  /// Frames kept of each call stack, inlined ones included; nil keeps all that were recorded.
  package var depth: Int?
  /// Whether all live blocks are listed by call stack.
  package var includesStacks = false
  /// Objects that have one unowned reference of the tracker's own, which isn't the program's.
  package var tracked: Set<NodeIndex> = []

  package init(
    tool: LeakReport.Tool,
    target: LeakReport.Target,
    capture: LeakReport.Capture,
    notes: [String] = [],
    depth: Int? = nil
  ) {
    self.tool = tool
    self.target = target
    self.capture = capture
    self.notes = notes
    self.depth = depth
  }
}
