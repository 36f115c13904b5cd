internal import CSwiftRemoteMirror
internal import Glibc

/// A type as SwiftRemoteMirror knows it.
///
/// Owned by the `RemoteMirror` that made it.
struct TypeReference: Hashable {
  let rawValue: swift_typeref_t

  init?(_ rawValue: swift_typeref_t) {
    guard rawValue != 0 else { return nil }
    self.rawValue = rawValue
  }
}

/// SwiftRemoteMirror over a `MemoryReader`: what the compiler left behind about types.
///
/// It takes microseconds for every question, so it is asked once per type, by `LayoutCompiler`,
/// and never per object. Not thread-safe, like the library below it.
final class RemoteMirror {
  let reader: any MemoryReader
  let context: SwiftReflectionContextRef
  /// Bytes that the target's memory doesn't have, at the address where the library asks for them.
  struct Overlay {
    var address: UInt64
    var bytes: [UInt8]

    func contains(_ address: UInt64, count: Int) -> Bool {
      address >= self.address && address - self.address + UInt64(count) <= UInt64(bytes.count)
    }
  }

  let records: FieldRecords

  /// Nil only where the library can't be set up at all.
  ///
  /// `symbolName` gives the symbol at exactly an address, where the image has symbols.
  init?(reader: any MemoryReader, symbolName: @escaping (UInt64) -> String?) {
    self.reader = reader
    records = FieldRecords(reader: reader, symbolName: symbolName)
    // The library keeps this pointer for its callbacks. The box owns the reader and is released in
    // `deinit`; `self` can't be passed before it is initialised.
    let box = CallbackBox(reader: reader)
    let unmanaged = Unmanaged.passRetained(box)
    guard
      let context = swift_reflection_createReflectionContextWithDataLayout(
        unmanaged.toOpaque(),
        answerDataLayout,
        freeBytes,
        readBytes,
        stringLength,
        symbolAddress
      )
    else {
      unmanaged.release()
      return nil
    }
    self.context = context
    self.box = unmanaged
  }

  private let box: Unmanaged<CallbackBox>

  deinit {
    swift_reflection_destroyReflectionContext(context)
    box.release()
  }

  /// Registers an image's reflection metadata; false where it has none that can be read.
  ///
  /// The library reads the section headers where the file would have them in memory, but they are
  /// not mapped: `overlays` answers for them. They apply to this call only, because the same
  /// addresses can hold other things (an image's `.bss` is longer in memory than in the file).
  func addImage(at address: UInt64, overlays: [Overlay]) -> Bool {
    withOverlays(overlays) { swift_reflection_addImage(context, address) != 0 }
  }

  /// Answers reads of the overlays' addresses from them while `body` runs.
  func withOverlays<Result>(_ overlays: [Overlay], _ body: () -> Result) -> Result {
    box.takeUnretainedValue().overlays = overlays
    defer { box.takeUnretainedValue().overlays = [] }
    return body()
  }

  // MARK: Types

  func type(ofMetadata metadata: UInt64) -> TypeReference? {
    TypeReference(swift_reflection_typeRefForMetadata(context, UInt(metadata)))
  }

  /// The type of a mangled name without prefix and without symbolic references.
  func type(mangledName name: String) -> TypeReference? {
    let symbol = "$s\(name)D"
    return TypeReference(
      swift_reflection_typeRefForMangledTypeName(context, symbol, UInt64(symbol.utf8.count))
    )
  }

  func info(of type: TypeReference) -> swift_typeinfo_t {
    swift_reflection_infoForTypeRef(context, type.rawValue)
  }

  func child(_ index: Int, of type: TypeReference) -> Child {
    Child(swift_reflection_childOfTypeRef(context, type.rawValue, UInt32(index)))
  }

  /// The stored properties that the class itself declares; nil where they can't be told.
  ///
  /// Inherited ones belong to its superclass.
  func ownFields(ofClassMetadata metadata: UInt64) -> [Child]? {
    let info = swift_reflection_infoForMetadata(context, UInt(metadata))
    if info.Kind == SWIFT_CLASS_INSTANCE {
      return (0..<info.NumFields).map {
        Child(swift_reflection_childOfMetadata(context, UInt(metadata), $0))
      }
    }
    if records.count(ofClassMetadata: metadata) == 0 { return [] }
    var arguments = type(ofMetadata: metadata).map(genericArguments) ?? []
    // Those of a type around the class are missing.
    if arguments.count != records.genericParameterCount(ofClassMetadata: metadata) {
      arguments = []
    }
    return records.fields(ofClassMetadata: metadata)?.map { field in
      let parameter = field.mangledType.flatMap(FieldRecords.genericParameter)
      let type =
        if let parameter {
          arguments.indices.contains(parameter) ? arguments[parameter] : nil
        } else {
          field.mangledType.flatMap { self.type(mangledName: $0) }
        }
      return Child(
        name: field.name,
        offset: field.offset,
        kind: type.map { self.info(of: $0).Kind } ?? SWIFT_UNKNOWN,
        type: type
      )
    }
  }

  /// The captures of a closure context or box; nil where the library can't tell.
  func captures(ofContext object: UInt64) -> [Child]? {
    let info = swift_reflection_infoForInstance(context, UInt(object))
    guard info.Kind == SWIFT_CLOSURE_CONTEXT else { return nil }
    return (0..<info.NumFields).map {
      Child(swift_reflection_childOfInstance(context, UInt(object), $0))
    }
  }

  func genericArguments(of type: TypeReference) -> [TypeReference] {
    let count = swift_reflection_genericArgumentCountOfTypeRef(type.rawValue)
    return (0..<count).compactMap {
      TypeReference(swift_reflection_genericArgumentOfTypeRef(type.rawValue, $0))
    }
  }

  /// The case that the bytes at `address` hold; nil where they hold none or the library can't tell.
  func enumCase(at address: UInt64, of type: TypeReference) -> Int? {
    var index: Int32 = -1
    guard swift_reflection_projectEnumValue(context, address, type.rawValue, &index) != 0 else {
      return nil
    }
    return Int(index)
  }

  // MARK: Names

  func demangledName(of type: TypeReference) -> String {
    guard let name = swift_reflection_copyDemangledNameForTypeRef(context, type.rawValue) else {
      return ""
    }
    defer { free(name) }
    return String(cString: name)
  }

  func mangledName(of type: TypeReference) -> String {
    guard let name = swift_reflection_copyNameForTypeRef(context, type.rawValue, 1) else {
      return ""
    }
    defer { free(name) }
    return String(cString: name)
  }

  /// A field, capture, tuple element or enum case.
  struct Child {
    var name: String
    var offset: Int
    var kind: swift_layout_kind_t
    /// Nil for a case without payload and where the library can't tell.
    var type: TypeReference?

    init(_ child: swift_childinfo_t) {
      name = child.Name.map { String(cString: $0) } ?? ""
      offset = Int(child.Offset)
      kind = child.Kind
      type = TypeReference(child.TR)
    }

    init(name: String, offset: Int, kind: swift_layout_kind_t, type: TypeReference?) {
      self.name = name
      self.offset = offset
      self.kind = kind
      self.type = type
    }
  }
}

// MARK: - Callbacks

private final class CallbackBox {
  let reader: any MemoryReader
  var overlays: [RemoteMirror.Overlay] = []

  init(reader: any MemoryReader) {
    self.reader = reader
  }

  func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
    for overlay in overlays where overlay.contains(address, count: buffer.count) {
      let start = Int(address - overlay.address)
      overlay.bytes.withUnsafeBytes { bytes in
        buffer.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + buffer.count])
        )
      }
      return true
    }
    return reader.read(address, into: buffer) == buffer.count
  }
}

private func callbackBox(_ reader: UnsafeMutableRawPointer?) -> CallbackBox? {
  reader.map { Unmanaged<CallbackBox>.fromOpaque($0).takeUnretainedValue() }
}

/// Answers for the layout of a 64-bit Linux process.
///
/// The sizes of what is stored differ between the queries
/// (`uint8_t` for sizes, `uint64_t` for masks and limits): with one wrong, images load and nothing
/// resolves.
private func answerDataLayout(
  _: UnsafeMutableRawPointer?,
  query: Int32,
  _: UnsafeMutableRawPointer?,
  out: UnsafeMutableRawPointer?
) -> Int32 {
  guard let out else { return 0 }
  switch Int(query) {
  case Int(REMNANT_QUERY_POINTER_SIZE.rawValue), Int(REMNANT_QUERY_SIZE_SIZE.rawValue):
    out.storeBytes(of: 8, as: UInt8.self)
  case Int(REMNANT_QUERY_POINTER_AUTHENTICATION_MASK.rawValue):
    out.storeBytes(of: .max, as: UInt64.self)
  case Int(REMNANT_QUERY_RESERVED_LOW_BITS.rawValue), Int(REMNANT_QUERY_OBJC_INTEROP.rawValue):
    out.storeBytes(of: 0, as: UInt8.self)
  case Int(REMNANT_QUERY_LEAST_VALID_POINTER.rawValue):
    out.storeBytes(of: 4096, as: UInt64.self)
  default:
    return 0
  }
  return 1
}

private func readBytes(
  _ reader: UnsafeMutableRawPointer?,
  address: swift_addr_t,
  size: UInt64,
  outContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> UnsafeRawPointer? {
  outContext?.pointee = nil
  // No reflection section is that large: a damaged header must not exhaust the tool's memory.
  guard let box = callbackBox(reader), size > 0, size < 1 << 30,
    let buffer = malloc(Int(size))
  else { return nil }
  let destination = UnsafeMutableRawBufferPointer(start: buffer, count: Int(size))
  guard box.read(address, into: destination) else {
    free(buffer)
    return nil
  }
  return UnsafeRawPointer(buffer)
}

private func freeBytes(
  _: UnsafeMutableRawPointer?,
  bytes: UnsafeRawPointer?,
  _: UnsafeMutableRawPointer?
) {
  free(UnsafeMutableRawPointer(mutating: bytes))
}

private func stringLength(_ reader: UnsafeMutableRawPointer?, address: swift_addr_t) -> UInt64 {
  guard let box = callbackBox(reader) else { return 0 }
  return UInt64(box.reader.cString(at: address, limit: 4096)?.utf8.count ?? 0)
}

/// The library asks for symbols of Objective-C and of the concurrency runtime only; the answer zero
/// means "not there".
private func symbolAddress(
  _: UnsafeMutableRawPointer?,
  name: UnsafePointer<CChar>?,
  length: UInt64
) -> swift_addr_t { 0 }
