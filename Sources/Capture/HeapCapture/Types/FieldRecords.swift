/// The stored properties of types, read from the compiler's own records.
///
/// SwiftRemoteMirror lowers a type whole or not at all: one property of a type that it can't lower
/// (`Mutex` and what else has a raw layout, a parameter pack) hides all the others. The records still
/// have every property's name and type, so each can be asked for by itself.
///
/// Layouts: swiftlang/swift 6.3, `include/swift/ABI/Metadata.h` (`TargetClassDescriptor`) and
/// `include/swift/RemoteInspection/Records.h`.
///
/// Everything is a target's memory, so it is checked: nothing is believed before it has been read.
struct FieldRecords {
  let reader: any MemoryReader
  let structs: StructDescriptors
  /// The symbol at exactly an address, where the image has symbols.
  let symbolName: (Address) -> String?

  struct Field {
    var name: String
    /// Nil where the type's name can't be read.
    var type: TypeTemplate?
  }

  var contexts: ContextDescriptors { ContextDescriptors(reader: reader) }

  private static let fields: UInt64 = 16
  private static let resilientBounds: UInt64 = 24
  private static let positiveSize: UInt64 = 28
  private static let immediateMemberCount: UInt64 = 32
  private static let fieldCount: UInt64 = 36
  private static let fieldOffsetVector: UInt64 = 40
  private static let recordsCount: UInt64 = 12
  private static let recordsStart: UInt64 = 16
  private static let recordSize: UInt64 = 12
  private static let countLimit = 1 << 16
  /// Kind-specific flag 12: arguments and offsets lie before the metadata's address.
  private static let hasNegativeMembers: UInt32 = 1 << (16 + 12)
  /// Kind-specific flag 13: the place of arguments and offsets is only known at run time.
  private static let hasResilientSuperclass: UInt32 = 1 << (16 + 13)

  // MARK: Classes

  /// How many properties the class itself declares.
  func count(ofClassMetadata metadata: Address) -> Int {
    guard let descriptor = descriptor(metadata),
      let count = reader.load(descriptor + Self.fieldCount, as: UInt32.self),
      count < Self.countLimit
    else { return 0 }
    return Int(count)
  }

  /// The properties that the class itself declares, with their offsets; nil where they can't be read.
  func fields(ofClassMetadata metadata: Address) -> [(field: Field, offset: Int)]? {
    guard let offsets = offsets(ofClassMetadata: metadata),
      let fields = descriptor(metadata).flatMap({ fields(ofDescriptor: $0) }),
      fields.count == offsets.count
    else { return nil }
    return zip(fields, offsets).map { ($0, $1) }
  }

  /// Where the properties that the class itself declares lie, as the program itself reads it.
  func offsets(ofClassMetadata metadata: Address) -> [Int]? {
    guard let descriptor = descriptor(metadata),
      let vector = reader.load(descriptor + Self.fieldOffsetVector, as: UInt32.self),
      vector < Self.countLimit
    else { return nil }
    var start = metadata + UInt64(vector) * 8
    if hasResilientSuperclass(descriptor) {
      // Counted from where the class's own part of the metadata begins.
      guard let own = ownPart(ofClassMetadata: metadata, descriptor) else { return nil }
      start = own + UInt64(vector) * 8
    }
    var result: [Int] = []
    for index in 0..<UInt64(count(ofClassMetadata: metadata)) {
      guard let offset = reader.load(start + index * 8, as: UInt64.self), offset < 1 << 24 else {
        return nil
      }
      result.append(Int(offset))
    }
    return result
  }

  private func hasResilientSuperclass(_ descriptor: Address) -> Bool {
    reader.load(descriptor, as: UInt32.self).map { $0 & Self.hasResilientSuperclass != 0 } ?? false
  }

  /// Where the words of the metadata begin that the class adds to its superclass's.
  private func ownPart(ofClassMetadata metadata: Address, _ descriptor: Address) -> Address? {
    guard let flags = reader.load(descriptor, as: UInt32.self) else { return nil }
    if flags & Self.hasResilientSuperclass != 0 {
      // `StoredClassMetadataBounds`, filled in when the superclass is known.
      guard let bounds = reader.relative(descriptor + Self.resilientBounds),
        let offset = reader.load(bounds, as: Int64.self), offset.magnitude < 1 << 20
      else { return nil }
      return metadata + Int(offset)
    }
    guard flags & Self.hasNegativeMembers == 0,
      let size = reader.load(descriptor + Self.positiveSize, as: UInt32.self),
      let members = reader.load(descriptor + Self.immediateMemberCount, as: UInt32.self),
      members <= size, size < Self.countLimit
    else { return nil }
    return metadata + UInt64(size - members) * 8
  }

  /// What a class was made with: for each parameter its metadata, the metadata of a pack's elements,
  /// or a number; nil where the class isn't generic or can't be read.
  func genericArguments(ofClassMetadata metadata: Address) -> [(GenericParameter, Argument)]? {
    guard let descriptor = descriptor(metadata),
      let context = GenericContext(of: descriptor, in: reader),
      let lengths = ownPart(ofClassMetadata: metadata, descriptor)
    else { return nil }
    let arguments = lengths + UInt64(context.shapeClassCount) * 8
    var result: [(GenericParameter, Argument)] = []
    for (index, key) in context.keys.enumerated() {
      guard let word = reader.load(arguments + UInt64(index) * 8, as: UInt64.self) else {
        return nil
      }
      switch key.kind {
      case .type: result.append((key.place, .type(Address(word))))
      case .value: result.append((key.place, .number(Int64(bitPattern: word))))
      case .pack:
        let length = lengths + UInt64(key.shapeClass) * 8
        guard let count = reader.load(length, as: UInt64.self), count < Self.countLimit else {
          return nil
        }
        // The lowest bit says that the list is on the heap.
        let elements = (0..<count).compactMap {
          reader.load(Address(word & ~1) + $0 * 8, as: Address.self)
        }
        guard elements.count == Int(count) else { return nil }
        result.append((key.place, .pack(elements)))
      }
    }
    return result
  }

  enum Argument {
    case type(Address)
    case pack([Address])
    case number(Int64)
  }

  func qualifiedName(ofClassMetadata metadata: Address) -> String? {
    descriptor(metadata).flatMap(contexts.qualifiedName)
  }

  private func descriptor(_ metadata: Address) -> Address? {
    reader.load(metadata + Metadata.descriptor, as: Address.self)
  }

  // MARK: All types

  /// The properties of a class or struct in order; nil where they can't be read.
  func fields(ofDescriptor descriptor: Address) -> [Field]? {
    guard let records = reader.relative(descriptor + Self.fields),
      let count = reader.load(records + Self.recordsCount, as: UInt32.self),
      count < Self.countLimit
    else { return nil }
    var result: [Field] = []
    for index in 0..<UInt64(count) {
      let record = records + Self.recordsStart + index * Self.recordSize
      guard
        let name = reader.relative(record + 8).flatMap({ reader.cString(at: $0, limit: 1024) })
      else { return nil }
      result.append(Field(name: name, type: reader.relative(record + 4).flatMap(template)))
    }
    return result
  }

  /// The descriptor of a struct, by its type's name with or without generic arguments.
  func structDescriptor(ofDemangledName name: String) -> Address? {
    structs.descriptor(named: withoutGenericArguments(displayName(ofDemangled: name)))
  }

  // MARK: Mangled names

  private static let nameLimit = 4096

  private func template(ofMangledNameAt start: Address) -> TypeTemplate? {
    guard let bytes = mangledName(at: start) else { return nil }
    if bytes.first == 9 { return nameFromSymbol(start) }
    return MangledTypeParser.template(of: bytes) { kind, offset in
      guard var target = reader.relative(start + offset) else { return nil }
      if kind == 2 {
        guard let indirect = reader.load(target, as: Address.self) else { return nil }
        target = indirect
      }
      return contexts.mangledName(of: target)
    }
  }

  /// The bytes up to the terminating zero, of which symbolic references may contain others.
  private func mangledName(at start: Address) -> [UInt8]? {
    var bytes: [UInt8] = []
    while bytes.count < Self.nameLimit {
      guard let byte = reader.load(start + bytes.count, as: UInt8.self) else { return nil }
      if byte == 0 { return bytes }
      bytes.append(byte)
      let operandSize = (1...0x17).contains(byte) ? 4 : (0x18...0x1f).contains(byte) ? 8 : 0
      for _ in 0..<operandSize {
        guard let byte = reader.load(start + bytes.count, as: UInt8.self) else {
          return nil
        }
        bytes.append(byte)
      }
    }
    return nil
  }

  /// Reads a type's name from the symbol of its record.
  ///
  /// A type with a non-copyable generic parameter (`Mutex`) is recorded as a function that makes its
  /// metadata, which only the program itself could call. The record's own symbol names the type:
  /// `get_type_metadata 15Synchronization5MutexVySiG noncopyable` (IRGen, GenReflection.cpp).
  private func nameFromSymbol(_ address: Address) -> TypeTemplate? {
    let prefix = "get_type_metadata "
    guard let symbol = symbolName(address), symbol.hasPrefix(prefix) else { return nil }
    let name = symbol.dropFirst(prefix.count).prefix { $0 != " " }
    // In a generic class, its signature without requirements comes first: `r0_l`.
    return MangledTypeParser.template(of: Array(name.trimmingPrefix(/r[0-9_]+l|l/).utf8))
  }
}
