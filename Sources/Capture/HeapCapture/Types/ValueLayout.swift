internal import HeapGraph

/// Where a value of one type keeps references.
struct ValueLayout {
  var size: Int
  var alignment: Int
  var slots: [Slot]
  /// False where the library couldn't lower the type: its bytes are then scanned conservatively.
  var isKnown: Bool

  static var unknown: ValueLayout {
    ValueLayout(size: 0, alignment: 1, slots: [], isKnown: false)
  }

  /// From one element of an array to the next.
  var stride: Int { max(1, roundedUp(size, to: alignment)) }

  /// A place for references, relative to the start of the value.
  struct Slot {
    var offset: Int
    /// Relative to the value: empty for a value that is itself the reference.
    var name: String
    var typeName: String
    var kind: Kind
  }

  enum Kind {
    case reference(Ownership)
    /// A strong reference, or the bits of a short or immortal string.
    case bridgeObject
    /// A function pointer and its context.
    case closure
    /// A value of a type that only the container's metadata pointer names.
    case opaqueExistential
    case enumeration(EnumProjection, cases: [ValueLayout])
  }

  /// The same slots as part of a greater value.
  func nested(as name: String, at offset: Int) -> [Slot] {
    slots.map { slot in
      var slot = slot
      slot.offset += offset
      slot.name = joined(name, slot.name)
      return slot
    }
  }
}

/// `state` and `owner` make `state.owner`; `handlers` and `[]` make `handlers[]`.
func joined(_ outer: String, _ inner: String) -> String {
  if outer.isEmpty { return inner }
  if inner.isEmpty { return outer }
  return inner.hasPrefix("[") ? outer + inner : "\(outer).\(inner)"
}

/// The first multiple of an alignment, which is a power of two, that isn't below an offset.
func roundedUp(_ offset: Int, to alignment: Int) -> Int {
  (offset + alignment - 1) & ~(alignment - 1)
}
