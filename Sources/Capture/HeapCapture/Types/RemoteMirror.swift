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
    var address: Address
    var bytes: [UInt8]

    /// Where, in these bytes, some of the target's are; nil where not all of them are here.
    func offset(of address: Address, count: Int) -> Int? {
      guard let offset = address.offset(from: self.address), offset <= bytes.count,
        count <= bytes.count - offset
      else { return nil }
      return offset
    }
  }

  let records: FieldRecords

  /// Nil only where the library can't be set up at all.
  ///
  /// `symbolName` gives the symbol at exactly an address, where the image has symbols; `typeRecords`
  /// are the images' lists of types.
  init?(
    reader: any MemoryReader,
    typeRecords: [Range<Address>],
    symbolName: @escaping (Address) -> String?
  ) {
    self.reader = reader
    records = FieldRecords(
      reader: reader,
      structs: StructDescriptors(reader: reader, typeRecords: typeRecords),
      symbolName: symbolName
    )
    // The library keeps this pointer for its callbacks. The box owns the reader and is released in
    // `deinit`; `self` can't be passed before it is initialized.
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
  func addImage(at address: Address, overlays: [Overlay]) -> Bool {
    withOverlays(overlays) { swift_reflection_addImage(context, address.rawValue) != 0 }
  }

  /// Answers reads of the overlays' addresses from them while `body` runs.
  func withOverlays<Result>(_ overlays: [Overlay], _ body: () -> Result) -> Result {
    box.takeUnretainedValue().overlays = overlays
    defer { box.takeUnretainedValue().overlays = [] }
    return body()
  }

  // MARK: Types

  /// Nil where there is none, as at addresses that no process has: some of them the library's own table can't be asked
  /// for (it ends the process).
  func type(ofMetadata metadata: Address) -> TypeReference? {
    guard MachineLayout.current.isAligned(metadata) else { return nil }
    return TypeReference(swift_reflection_typeRefForMetadata(context, UInt(metadata.rawValue)))
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

  /// The names of a struct's properties.
  func fieldNames(of type: TypeReference) -> [String] {
    let info = info(of: type)
    guard info.Kind == SWIFT_STRUCT else { return [] }
    return (0..<Int(info.NumFields)).map { child($0, of: type).name }
  }

  func child(_ index: Int, of type: TypeReference) -> Child {
    Child(swift_reflection_childOfTypeRef(context, type.rawValue, UInt32(index)))
  }

  /// The stored properties that the class itself declares; nil where they can't be told.
  ///
  /// Inherited ones belong to its superclass.
  func ownFields(ofClassMetadata metadata: Address) -> [Child]? {
    if records.count(ofClassMetadata: metadata) == 0 { return [] }
    let info = swift_reflection_infoForMetadata(context, UInt(metadata.rawValue))
    if info.Kind == SWIFT_CLASS_INSTANCE {
      var children = (0..<info.NumFields).map {
        Child(swift_reflection_childOfMetadata(context, UInt(metadata.rawValue), $0))
      }
      // The library adds the offsets up itself, and is wrong behind some generic superclasses.
      if let offsets = records.offsets(ofClassMetadata: metadata), offsets.count == children.count {
        for index in offsets.indices { children[index].offset = offsets[index] }
      }
      return children
    }
    let arguments = genericArguments(ofClassMetadata: metadata)
    return records.fields(ofClassMetadata: metadata)?.map { field, offset in
      child(of: field, at: offset, arguments)
    }
  }

  /// The stored properties of a struct, in order, that the library can't lower; nil where they can't be
  /// told.
  ///
  /// Their offsets are left at zero: only their layouts say them.
  func fields(ofStruct type: TypeReference) -> [Child]? {
    guard let descriptor = records.structDescriptor(ofDemangledName: demangledName(of: type)),
      let fields = records.fields(ofDescriptor: descriptor)
    else { return nil }
    var arguments = GenericArguments()
    if let context = GenericContext(of: descriptor, in: reader) {
      // The library reports the arguments of the innermost type only.
      let given = genericArguments(of: type)
      guard context.levelCount == 1, context.keys.count == given.count else { return nil }
      for (key, argument) in zip(context.keys, given) {
        guard key.kind == .type, let name = standaloneName(of: argument) else { return nil }
        arguments[key.place] = .type(name)
      }
    }
    return fields.map { child(of: $0, at: 0, arguments) }
  }

  private func child(
    of field: FieldRecords.Field,
    at offset: Int,
    _ arguments: GenericArguments
  ) -> Child {
    let type = field.type?.mangledName(with: arguments).flatMap { self.type(mangledName: $0) }
    return Child(
      name: field.name,
      offset: offset,
      kind: type.map { self.info(of: $0).Kind } ?? SWIFT_UNKNOWN,
      type: type
    )
  }

  private func genericArguments(ofClassMetadata metadata: Address) -> GenericArguments {
    var result = GenericArguments()
    func name(_ metadata: Address) -> String? {
      type(ofMetadata: metadata).flatMap(standaloneName)
    }
    for (place, argument) in records.genericArguments(ofClassMetadata: metadata) ?? [] {
      switch argument {
      case .type(let metadata): result[place] = name(metadata).map { .type($0) }
      case .pack(let elements):
        let names = elements.compactMap(name)
        if names.count == elements.count { result[place] = .pack(names) }
      case .number(let number):
        if number >= 0 { result[place] = .type(number == 0 ? "$_" : "$\(number - 1)_") }
      }
    }
    return result
  }

  /// A mangled name that can be part of another one: it refers to nothing before it.
  ///
  /// Nil also where the library's own name for a type means another one to it: that of `any Shape.Type` has no bytes.
  func standaloneName(of type: TypeReference) -> String? {
    guard
      let name = MangledTypeParser.template(of: Array(mangledName(of: type).utf8))?.mangledName(),
      let named = self.type(mangledName: name)
    else { return nil }
    let (info, namedInfo) = (info(of: type), info(of: named))
    return info.Kind == namedInfo.Kind && info.Size == namedInfo.Size ? name : nil
  }

  /// The captures of a closure context or box; nil where the library can't tell.
  func captures(ofContext object: Address) -> [Child]? {
    let info = swift_reflection_infoForInstance(context, UInt(object.rawValue))
    guard info.Kind == SWIFT_CLOSURE_CONTEXT else { return nil }
    return (0..<info.NumFields).map {
      Child(swift_reflection_childOfInstance(context, UInt(object.rawValue), $0))
    }
  }

  func genericArguments(of type: TypeReference) -> [TypeReference] {
    let count = swift_reflection_genericArgumentCountOfTypeRef(type.rawValue)
    return (0..<count).compactMap {
      TypeReference(swift_reflection_genericArgumentOfTypeRef(type.rawValue, $0))
    }
  }

  /// The case that the bytes at `address` hold; nil where they hold none or the library can't tell.
  func enumCase(at address: Address, of type: TypeReference) -> Int? {
    var index: Int32 = -1
    guard
      swift_reflection_projectEnumValue(context, address.rawValue, type.rawValue, &index) != 0
    else { return nil }
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

  /// The name of a class with a parameter pack, as `String(reflecting:)` prints it; nil for others: the
  /// library reports them whole.
  func variadicName(ofClassMetadata metadata: Address) -> String? {
    guard let arguments = records.genericArguments(ofClassMetadata: metadata),
      arguments.contains(where: { if case .pack = $0.1 { true } else { false } }),
      // Arguments of several types would have to be written at several places.
      Set(arguments.map(\.0.depth)).count == 1,
      let base = records.qualifiedName(ofClassMetadata: metadata)
    else { return nil }
    func name(_ metadata: Address) -> String {
      type(ofMetadata: metadata).map { displayName(ofDemangled: demangledName(of: $0)) } ?? "_"
    }
    let list = arguments.map { _, argument in
      switch argument {
      case .type(let metadata): name(metadata)
      case .pack(let elements): "Pack{\(elements.map { name($0) }.joined(separator: ", "))}"
      case .number(let number): String(number)
      }
    }
    return "\(base)<\(list.joined(separator: ", "))>"
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

  func read(_ address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
    for overlay in overlays {
      guard let start = overlay.offset(of: address, count: buffer.count) else { continue }
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
    out.storeBytes(of: MachineLayout.leastAddress.rawValue, as: UInt64.self)
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
  guard box.read(Address(address), into: destination) else {
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
  return UInt64(box.reader.cString(at: Address(address), limit: 4096)?.utf8.count ?? 0)
}

/// The library asks for symbols of Objective-C and of the concurrency runtime only; the answer zero
/// means "not there".
private func symbolAddress(
  _: UnsafeMutableRawPointer?,
  name: UnsafePointer<CChar>?,
  length: UInt64
) -> swift_addr_t { 0 }
