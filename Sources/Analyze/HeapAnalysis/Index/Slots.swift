import HeapGraph

/// Numbers the slots that source code declares: one property of one class, one capture of one closure.
///
/// To change a declaration changes every reference that leaves such a slot, inherited ones included.
struct Slots {
  private struct Declaration: Hashable {
    var owner: String
    var name: String
  }

  private var numbers: [UInt64: UInt32] = [:]
  private var declarations: [Declaration: UInt32] = [:]

  mutating func number(of edge: Edge, from node: NodeIndex, in graph: HeapGraph) -> UInt32 {
    let type = graph.typeIndices[Int(node)]
    let place = UInt64(type) << 32 | UInt64(edge.label)
    if let number = numbers[place] { return number }

    let label = graph.label(of: edge)
    let heapType = graph.types[Int(type)]
    let owner =
      switch heapType.kind {
      // Two closures of one shape are two places in the source.
      case .closureContext: "closure \(type)"
      case .cBlock: "C block \(label.functionAddress)"
      case .classInstance, .opaque, .asyncTask:
        label.declaringType.isEmpty ? heapType.name : label.declaringType
      case .collectionStorage, .box, .errorBox, .foreign, .raw:
        "\(heapType.kind.rawValue) \(heapType.name)"
      }
    let name = StableNames.withoutIndices(label.name)
    let declaration = Declaration(owner: owner, name: name)
    let number = declarations[declaration] ?? UInt32(declarations.count)
    declarations[declaration] = number
    numbers[place] = number
    return number
  }
}
