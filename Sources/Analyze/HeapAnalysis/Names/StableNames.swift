import HeapGraph

/// What of types and labels stays the same across runs and rebuilds, hashed.
struct StableNames {
  /// Of each type.
  private let types: [UInt64]
  /// Of each label, where it is a property's.
  private let properties: [UInt64]
  /// Of each label, where it is a capture's: captures have types, but no names.
  private let captures: [UInt64]
  private let element = StableHash("[]").value

  init(of graph: HeapGraph) {
    types = graph.types.map { StableHash(Self.name(of: $0)).value }
    properties = graph.labels.map { StableHash(Self.withoutIndices($0.name)).value }
    captures = graph.labels.map { label in
      let isTyped = !label.slotType.isEmpty
      return StableHash("capture " + (isTyped ? label.slotType : "")).value
    }
  }

  func type(of node: NodeIndex, in graph: HeapGraph) -> UInt64 {
    types[Int(graph.typeIndices[Int(node)])]
  }

  func reference(_ edge: Edge, from node: NodeIndex, in graph: HeapGraph) -> UInt64 {
    switch graph.type(of: node).kind {
    case .collectionStorage: element
    case .closureContext: captures[Int(edge.label)]
    case .classInstance, .box, .errorBox, .asyncTask, .cBlock, .foreign, .opaque, .raw:
      properties[Int(edge.label)]
    }
  }

  /// A type's name where it is the programmer's, and its kind where the compiler made it up.
  private static func name(of type: HeapType) -> String {
    switch type.kind {
    case .classInstance, .asyncTask, .foreign, .opaque: type.name
    case .collectionStorage: "[]"
    case .closureContext: "closure"
    case .box: "box"
    case .errorBox: "error box"
    case .cBlock: "C block"
    case .raw: "raw"
    }
  }

  /// `handlers[3].target` becomes `handlers[].target`.
  static func withoutIndices(_ name: String) -> String {
    guard name.utf8.contains(UInt8(ascii: "[")) else { return name }
    var result = ""
    var isInside = false
    for character in name {
      if character == "]" { isInside = false }
      if !(isInside && character.isNumber) { result.append(character) }
      if character == "[" { isInside = true }
    }
    return result
  }
}
