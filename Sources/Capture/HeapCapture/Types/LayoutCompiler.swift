internal import CSwiftRemoteMirror
internal import HeapGraph

/// Compiles a type, once, into the flat list of places where its values keep references.
final class LayoutCompiler {
  let mirror: RemoteMirror
  private var layouts: [TypeReference: ValueLayout] = [:]
  private var metadataLayouts: [Address: ValueLayout] = [:]

  /// Deeper nesting of value types is taken for damage.
  private static let depthLimit = 64

  init(mirror: RemoteMirror) {
    self.mirror = mirror
  }

  /// The layout of the values of the type that a metadata pointer stands for.
  func layout(ofMetadata metadata: Address) -> ValueLayout {
    if let layout = metadataLayouts[metadata] { return layout }
    let layout = mirror.type(ofMetadata: metadata).map { self.layout(of: $0) } ?? .unknown
    metadataLayouts[metadata] = layout
    return layout
  }

  func layout(of type: TypeReference) -> ValueLayout { layout(of: type, depth: 0) }

  /// The slots of a field: a child knows more of its kind than its type does.
  func slots(
    of child: RemoteMirror.Child,
    named name: String
  ) -> (slots: [ValueLayout.Slot], isKnown: Bool) {
    let layout = layout(ofChild: child, depth: 0)
    return (layout.nested(as: name, at: child.offset), layout.isKnown)
  }

  func layout(of type: TypeReference, depth: Int) -> ValueLayout {
    if let layout = layouts[type] { return layout }
    guard depth < Self.depthLimit else { return .unknown }
    let info = mirror.info(of: type)
    let layout = compile(type, info, depth: depth)
    layouts[type] = layout
    return layout
  }

  func layout(ofChild child: RemoteMirror.Child, depth: Int) -> ValueLayout {
    guard let type = child.type else { return .unknown }
    // Only the child knows that it is weak, unowned or unmanaged where its type is an existential's
    // inner reference; only the type knows it where the field is itself an existential.
    if let ownership = ownership(of: child.kind) {
      return reference(ownership, type, size: 8)
    }
    return layout(of: type, depth: depth + 1)
  }

  private func ownership(of kind: swift_layout_kind_t) -> Ownership? {
    switch kind {
    case SWIFT_STRONG_REFERENCE: .strong
    case SWIFT_UNOWNED_REFERENCE: .unowned
    case SWIFT_WEAK_REFERENCE: .weak
    case SWIFT_UNMANAGED_REFERENCE: .unmanaged
    default: nil
    }
  }

  func reference(_ ownership: Ownership, _ type: TypeReference, size: Int) -> ValueLayout {
    let name = displayName(ofDemangled: mirror.demangledName(of: type))
    return ValueLayout(
      size: size,
      alignment: size,
      slots: [ValueLayout.Slot(offset: 0, name: "", typeName: name, kind: .reference(ownership))],
      isKnown: true
    )
  }

  private func single(
    _ kind: ValueLayout.Kind,
    _ type: TypeReference,
    _ info: swift_typeinfo_t
  ) -> ValueLayout {
    let name = displayName(ofDemangled: mirror.demangledName(of: type))
    return ValueLayout(
      size: Int(info.Size),
      alignment: Int(info.Alignment),
      slots: [ValueLayout.Slot(offset: 0, name: "", typeName: name, kind: kind)],
      isKnown: true
    )
  }

  private func compile(
    _ type: TypeReference,
    _ info: swift_typeinfo_t,
    depth: Int
  ) -> ValueLayout {
    switch info.Kind {
    case SWIFT_STRONG_REFERENCE, SWIFT_UNOWNED_REFERENCE, SWIFT_WEAK_REFERENCE,
      SWIFT_UNMANAGED_REFERENCE:
      return reference(ownership(of: info.Kind) ?? .strong, type, size: Int(info.Size))
    case SWIFT_BUILTIN:
      return compileBuiltin(type, info)
    case SWIFT_RAW_POINTER:
      return single(.reference(.conservative), type, info)
    case SWIFT_THICK_FUNCTION:
      return single(.closure, type, info)
    case SWIFT_OPAQUE_EXISTENTIAL:
      return single(.opaqueExistential, type, info)
    case SWIFT_CLASS_EXISTENTIAL, SWIFT_ERROR_EXISTENTIAL:
      // A weak or unowned existential says so in its mangled type only: `…Xw`, `…Xo`, `…Xu`.
      let mangled = mirror.mangledName(of: type)
      let ownership: Ownership =
        switch mangled.suffix(2) {
        case "Xw": .weak
        case "Xo": .unowned
        case "Xu": .unmanaged
        default: .strong
        }
      return single(.reference(ownership), type, info)
    case SWIFT_NO_PAYLOAD_ENUM, SWIFT_EXISTENTIAL_METATYPE:
      return ValueLayout(
        size: Int(info.Size),
        alignment: Int(info.Alignment),
        slots: [],
        isKnown: true
      )
    case SWIFT_STRUCT, SWIFT_TUPLE:
      if let array = compileInlineArray(type, info, depth: depth) { return array }
      return compileRecord(type, info, depth: depth)
    case SWIFT_SINGLE_PAYLOAD_ENUM, SWIFT_MULTI_PAYLOAD_ENUM:
      return compileEnum(type, info, depth: depth)
    default:
      return compileUnlowered(type, depth: depth) ?? .unknown
    }
  }

  /// Integers, pointers and the runtime's own storage, by mangled name.
  private func compileBuiltin(_ type: TypeReference, _ info: swift_typeinfo_t) -> ValueLayout {
    switch mirror.mangledName(of: type) {
    case "Bb": return single(.bridgeObject, type, info)
    case "Bo", "BO": return single(.reference(.strong), type, info)
    case "Bp", "BB": return single(.reference(.conservative), type, info)
    case "BD", "Bd":
      // The storage of a default actor: its queue of jobs, which only the runtime can read.
      return .unknown
    default:
      return ValueLayout(
        size: Int(info.Size),
        alignment: Int(info.Alignment),
        slots: [],
        isKnown: true
      )
    }
  }

  private func compileRecord(
    _ type: TypeReference,
    _ info: swift_typeinfo_t,
    depth: Int
  ) -> ValueLayout {
    var result = ValueLayout(
      size: Int(info.Size),
      alignment: Int(info.Alignment),
      slots: [],
      isKnown: true
    )
    let typeName = mirror.demangledName(of: type)
    let isLibraryType = isStandardLibraryType(typeName)
    // The library has no names for the elements of a tuple, but the type's own name does.
    let labels = info.Kind == SWIFT_TUPLE ? tupleLabels(ofDemangled: typeName) : []
    for index in 0..<Int(info.NumFields) {
      let child = mirror.child(index, of: type)
      let inner = layout(ofChild: child, depth: depth)
      result.isKnown = result.isKnown && inner.isKnown
      // The inside of an array isn't a property of the program: `children`, not
      // `children._buffer._storage`.
      let name: String =
        if isLibraryType {
          ""
        } else if info.Kind == SWIFT_TUPLE {
          labels.indices.contains(index) ? labels[index] ?? String(index) : String(index)
        } else {
          displayName(ofProperty: child.name)
        }
      result.slots += inner.nested(as: name, at: child.offset)
    }
    return result
  }

  private func compileEnum(
    _ type: TypeReference,
    _ info: swift_typeinfo_t,
    depth: Int
  ) -> ValueLayout {
    let isOptional = mirror.mangledName(of: type).hasSuffix("Sg")
    var cases: [ValueLayout] = []
    var isKnown = true
    for index in 0..<Int(info.NumFields) {
      let child = mirror.child(index, of: type)
      guard child.type != nil else {
        cases.append(ValueLayout(size: 0, alignment: 1, slots: [], isKnown: true))
        continue
      }
      var payload = layout(ofChild: child, depth: depth)
      isKnown = isKnown && payload.isKnown
      payload.slots = payload.nested(as: isOptional ? "" : child.name, at: child.offset)
      cases.append(payload)
    }
    var result = ValueLayout(
      size: Int(info.Size),
      alignment: Int(info.Alignment),
      slots: [],
      isKnown: isKnown
    )
    let slots = cases.flatMap(\.slots)
    if slots.isEmpty { return result }

    // The commonest enum by far: one payload that is a single reference. A word that isn't an address is
    // one of the other cases.
    if info.Kind == SWIFT_SINGLE_PAYLOAD_ENUM, slots.count == 1, slots[0].kind.isOwnDiscriminator {
      result.slots = slots
      return result
    }
    var referenceWords: Set<Int> = []
    for slot in slots {
      for word in slot.kind.referenceWords where slot.offset + word + 8 <= Int(info.Size) {
        referenceWords.insert(slot.offset + word)
      }
    }
    let projection = EnumProjection(
      mirror: mirror,
      type: type,
      size: Int(info.Size),
      referenceWords: referenceWords
    )
    let name = displayName(ofDemangled: mirror.demangledName(of: type))
    result.slots = [
      ValueLayout.Slot(
        offset: 0,
        name: "",
        typeName: name,
        kind: .enumeration(projection, cases: cases)
      )
    ]
    return result
  }
}

extension ValueLayout.Kind {
  /// Whether a word that isn't an address means another case: then no projection is needed.
  fileprivate var isOwnDiscriminator: Bool {
    switch self {
    case .reference(.weak), .enumeration: false
    // An existential's own extra inhabitants are in its metadata pointer, which is looked at anyway.
    case .reference, .bridgeObject, .closure, .opaqueExistential: true
    }
  }

  /// Offsets, within the slot, of the words whose tag bits an enum may use.
  fileprivate var referenceWords: [Int] {
    switch self {
    case .reference, .bridgeObject: [0]
    case .closure: [0, 8]
    case .opaqueExistential: [0, 8, 16, 24, 32]
    case .enumeration(_, let cases):
      cases.flatMap { layout in
        layout.slots.flatMap { slot in slot.kind.referenceWords.map { slot.offset + $0 } }
      }
    }
  }
}

/// Types whose inner fields say nothing to their users.
func isStandardLibraryType(_ name: String) -> Bool {
  name.hasPrefix("Swift.") || name.hasPrefix("Foundation") || name.hasPrefix("Synchronization.")
    || name.hasPrefix("Dispatch.") || name.hasPrefix("_Concurrency.")
}

/// A property as its author wrote it: a lazy property is stored under another name.
func displayName(ofProperty name: String) -> String {
  let lazyPrefix = "$__lazy_storage_$_"
  return name.hasPrefix(lazyPrefix) ? String(name.dropFirst(lazyPrefix.count)) : name
}
