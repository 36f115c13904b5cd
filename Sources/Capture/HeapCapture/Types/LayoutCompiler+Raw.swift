internal import CSwiftRemoteMirror
internal import HeapGraph

/// Types with a raw layout, which SwiftRemoteMirror reports as bytes or not at all.
extension LayoutCompiler {
  /// The layout of a type that the library can't lower.
  func compileUnlowered(_ type: TypeReference, depth: Int) -> ValueLayout? {
    let name = mirror.demangledName(of: type)
    if name.hasPrefix("Synchronization.Mutex<") { return compileMutex(type, depth: depth) }
    if name.hasPrefix("Synchronization.AtomicLazyReference<") {
      // It retains what is stored in it (Synchronization/AtomicLazyReference.swift).
      return mirror.genericArguments(of: type).first.map { reference(.strong, $0, size: 8) }
    }
    return compileFields(of: type, depth: depth)
  }

  /// A futex word (`_MutexHandle`, four bytes on Linux), then the value (Synchronization/Mutex/
  /// Mutex.swift, LinuxImpl.swift).
  private func compileMutex(_ type: TypeReference, depth: Int) -> ValueLayout? {
    guard let value = mirror.genericArguments(of: type).first else { return nil }
    let layout = layout(of: value, depth: depth + 1)
    guard layout.isKnown else { return nil }
    let alignment = max(layout.alignment, 4)
    let offset = roundedUp(4, to: alignment)
    return ValueLayout(
      size: offset + layout.size,
      alignment: alignment,
      slots: layout.nested(as: "", at: offset),
      isKnown: true
    )
  }

  /// A struct with a property that the library can't lower: one property behind the other, each at
  /// its alignment.
  private func compileFields(of type: TypeReference, depth: Int) -> ValueLayout? {
    guard let fields = mirror.fields(ofStruct: type) else { return nil }
    var result = ValueLayout(size: 0, alignment: 1, slots: [], isKnown: true)
    for field in fields {
      let layout = layout(ofChild: field, depth: depth)
      // Nothing is known of what follows an unknown property.
      guard layout.isKnown else { return nil }
      let offset = roundedUp(result.size, to: layout.alignment)
      result.slots += layout.nested(as: displayName(ofProperty: field.name), at: offset)
      result.size = offset + layout.size
      result.alignment = max(result.alignment, layout.alignment)
    }
    return result
  }

  /// `InlineArray`: the elements, one behind the other.
  func compileInlineArray(
    _ type: TypeReference,
    _ info: swift_typeinfo_t,
    depth: Int
  ) -> ValueLayout? {
    let arguments = mirror.genericArguments(of: type)
    guard mirror.demangledName(of: type).hasPrefix("Swift.InlineArray<"),
      let element = arguments.last
    else { return nil }
    let layout = layout(of: element, depth: depth + 1)
    guard layout.isKnown, layout.stride > 0 else { return nil }
    let slots = (0..<Int(info.Size) / layout.stride).flatMap {
      layout.nested(as: "[]", at: $0 * layout.stride)
    }
    return ValueLayout(
      size: Int(info.Size),
      alignment: Int(info.Alignment),
      slots: slots,
      isKnown: true
    )
  }
}
