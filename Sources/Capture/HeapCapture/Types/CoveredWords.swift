/// Which words of an object's fixed part its typed fields account for.
struct CoveredWords {
  private var isCovered: [Bool]

  init(size: Int) {
    isCovered = Array(repeating: false, count: (size + 7) / 8)
    for word in 0..<min(2, isCovered.count) { isCovered[word] = true }
  }

  mutating func cover(_ field: RemoteMirror.Child, layouts: LayoutCompiler) {
    guard let type = field.type else { return }
    let layout = layouts.layout(of: type)
    let size = layout.size
    // A word-sized integer may be a reference in disguise (atomics keep theirs so). Beside a smaller
    // value there is no room for one, only padding, which keeps what was there before.
    guard size > 0, size != 8 || !layout.slots.isEmpty else { return }
    for word in field.offset / 8..<max(field.offset / 8, (field.offset + size + 7) / 8)
    where word < isCovered.count {
      isCovered[word] = true
    }
  }

  func uncovered() -> [Int] {
    isCovered.indices.filter { !isCovered[$0] }.map { $0 * 8 }
  }
}
