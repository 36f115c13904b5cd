import HeapAnalysis
import HeapGraph
internal import Symbolication

extension ReportAssembler {
  /// What holds a path from outside the heap, with the name that a person knows it by.
  mutating func root(_ start: RootPaths.Start) -> LeakReport.Finding.Root {
    switch start {
    case .word(let index):
      let word = graph.rootEdges[index]
      return root(Int(word.root), address: word.address)
    case .object(let node):
      let isStatic = graph.states[Int(node)] == .immortal
      let type = graph.type(of: node).readableName
      return LeakReport.Finding.Root(
        kind: isStatic ? "static" : "deinit",
        name: isStatic ? "a static \(type)" : "\(type).deinit, which runs",
        location: nil
      )
    }
  }

  mutating func root(_ index: Int, address: UInt64) -> LeakReport.Finding.Root {
    let root = graph.roots[index]
    var name = root.name
    var location: LeakReport.Finding.Location?
    switch root.kind {
    case .global:
      name = symbolicator.global(at: address) ?? "data of \(fileName(root.name))"
    case .threadStack, .register:
      location = frame(of: root, address: address)
    case .threadLocal, .mapping: break
    }
    return LeakReport.Finding.Root(kind: root.kind.rawValue, name: name, location: location)
  }

  /// The function that a word of a stack, or a register, belongs to: the innermost of the user's.
  private mutating func frame(
    of root: Root,
    address: UInt64
  ) -> LeakReport.Finding.Location? {
    guard let thread = graph.threads.first(where: { root.name.hasSuffix($0.rootName) }) else {
      return nil
    }
    let code = root.kind == .register ? thread.frames.first : thread.frame(containing: address)
    guard let code else { return nil }
    var frames = symbolicator.frames(at: code)
    // What lies in a frame of the helpers is what their caller had in registers.
    if frames.contains(where: \.isOfHelpers) {
      for outer in thread.frames.drop(while: { $0 != code }) {
        let candidates = symbolicator.frames(at: outer)
        guard candidates.contains(where: { !$0.isLibraryFrame }) else { continue }
        frames = candidates
        break
      }
    }
    guard let frame = frames.first(where: { !$0.isLibraryFrame }) ?? frames.first else {
      return nil
    }
    return .init(function: frame.function, file: frame.file, line: frame.line)
  }
}
