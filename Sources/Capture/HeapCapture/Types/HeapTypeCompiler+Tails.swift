internal import HeapGraph

/// What classes of the standard library keep behind their properties, besides its own collections.
extension HeapTypeCompiler {
  private static let keyPaths: Set<Substring> = [
    "Swift.KeyPath", "Swift.WritableKeyPath", "Swift.ReferenceWritableKeyPath",
  ]

  /// The components of a key path: addresses of code and metadata, and what its subscripts were given.
  ///
  /// The types of these arguments are known only to the functions that copy and destroy them (`KeyPath.swift`,
  /// `ComputedArgumentWitnesses`).
  func keyPathArguments(_ className: Substring) -> HeapTypeLayout.Tail? {
    guard Self.keyPaths.contains(className) else { return nil }
    return .words(label: labels.index(of: EdgeLabel(name: "argument", ownership: .conservative)))
  }

  /// The elements of a managed buffer; nil for other classes, and where the elements' type says nothing of references.
  ///
  /// Its header is a property like others. How many elements there are, only the code of a subclass knows: of
  /// deques alone, the standard library's (`AsyncStream`) and swift-collections', that code is known.
  func managedElements(_ metadata: Address) -> HeapTypeLayout.Tail? {
    guard let type = managedBuffer(metadata),
      let size = reader.load(metadata + Metadata.instanceSize, as: UInt32.self)
    else { return nil }
    let arguments = mirror.genericArguments(of: type)
    guard arguments.count == 2 else { return nil }
    let layout = layouts.layout(of: arguments[1])
    let start = roundedUp(Int(size), to: layout.alignment)
    let bufferName = displayName(ofDemangled: mirror.demangledName(of: type))
    if mirror.demangledName(of: arguments[0]).hasSuffix("._DequeBufferHeader"),
      mirror.fieldNames(of: arguments[0]) == ["capacity", "count", "startSlot"]
    {
      return .ring(start: start, elements: column(arguments[1], named: "[]", in: bufferName))
    }
    guard layout.isKnown, layout.stride.isMultiple(of: 8) else { return nil }
    var words: [Int: HeapTypeLayout.Elements.Word] = [:]
    for slot in layout.nested(as: "[]", at: 0) { name(slot, in: bufferName, &words) }
    guard !words.isEmpty else { return nil }
    return .elements(HeapTypeLayout.Elements(start: start, stride: layout.stride, words: words))
  }

  /// The `ManagedBuffer` that a class is, or inherits from.
  private func managedBuffer(_ metadata: Address) -> TypeReference? {
    var ancestor = metadata
    for _ in 0..<4 where ancestor >= MachineLayout.leastAddress {
      guard let type = mirror.type(ofMetadata: ancestor) else { return nil }
      if mirror.demangledName(of: type).hasPrefix("Swift.ManagedBuffer<") { return type }
      guard let next = reader.load(ancestor + Metadata.superclass, as: Address.self) else {
        return nil
      }
      ancestor = next
    }
    return nil
  }

  /// Names the words that a slot may keep strong references in.
  private func name(
    _ slot: ValueLayout.Slot,
    in declaringType: String,
    _ words: inout [Int: HeapTypeLayout.Elements.Word]
  ) {
    func add(_ offsets: [Int], isContext: Bool = false) {
      for offset in offsets where offset.isMultiple(of: 8) && words[offset] == nil {
        let label = EdgeLabel(
          name: slot.name,
          ownership: .conservative,
          declaringType: declaringType,
          slotType: slot.typeName
        )
        words[offset] = .init(label: labels.index(of: label), isContext: isContext)
      }
    }
    switch slot.kind {
    case .reference(.strong), .reference(.unmanaged), .bridgeObject: add([slot.offset])
    case .reference: break
    case .closure: add([slot.offset + 8], isContext: true)
    case .opaqueExistential: add([0, 8, 16].map { slot.offset + $0 })
    case .enumeration(_, let cases):
      for layout in cases {
        for inner in layout.nested(as: slot.name, at: slot.offset) {
          name(inner, in: declaringType, &words)
        }
      }
    }
  }
}
