/// The stored properties of a class, read from the compiler's own records.
///
/// SwiftRemoteMirror lowers a class whole or not at all: one property of a type that it can't lower
/// (`Mutex` and what else has a raw layout) hides all the others. The records still have every
/// property's name and type, and the metadata has their offsets, so each can be asked for by itself.
///
/// Layouts: swiftlang/swift 6.3, `include/swift/ABI/Metadata.h` (`TargetClassDescriptor`) and
/// `include/swift/RemoteInspection/Records.h`.
struct FieldRecords {
  let reader: any MemoryReader
  /// The symbol at exactly an address, where the image has symbols.
  let symbolName: (UInt64) -> String?

  struct Field {
    var name: String
    var offset: Int
    /// Without symbolic references; nil where the type's name can't be written out.
    var mangledType: String?
  }

  private static let fields: UInt64 = 16
  private static let fieldCount: UInt64 = 36
  private static let fieldOffsetVector: UInt64 = 40
  /// Of a context descriptor's flags.
  private static let isGeneric: UInt32 = 0x80
  /// Of a generic class: behind its own descriptor and two pointers of its generic context.
  private static let parameterCount: UInt64 = 52
  private static let recordsStart: UInt64 = 16
  private static let recordSize: UInt64 = 12
  /// Kind-specific flag 13: the offsets' place is only known at run time.
  private static let hasResilientSuperclass: UInt32 = 1 << (16 + 13)

  /// How many properties the class itself declares.
  func count(ofClassMetadata metadata: UInt64) -> Int {
    guard let descriptor = descriptor(metadata),
      let count = reader.load(descriptor + Self.fieldCount, as: UInt32.self), count < 1 << 16
    else { return 0 }
    return Int(count)
  }

  /// The properties that the class itself declares; nil where they can't be read.
  func fields(ofClassMetadata metadata: UInt64) -> [Field]? {
    guard let descriptor = descriptor(metadata),
      let flags = reader.load(descriptor, as: UInt32.self),
      flags & Self.hasResilientSuperclass == 0,
      let vector = reader.load(descriptor + Self.fieldOffsetVector, as: UInt32.self),
      let records = relative(descriptor + Self.fields)
    else { return nil }
    var result: [Field] = []
    for index in 0..<UInt64(count(ofClassMetadata: metadata)) {
      let record = records + Self.recordsStart + index * Self.recordSize
      guard let name = relative(record + 8).flatMap({ reader.cString(at: $0, limit: 1024) }),
        let offset = reader.load(metadata + (UInt64(vector) + index) * 8, as: UInt64.self),
        offset < 1 << 24
      else { return nil }
      let type = relative(record + 4).flatMap { writtenOut(mangledNameAt: $0) }
      result.append(Field(name: name, offset: Int(offset), mangledType: type))
    }
    return result
  }

  /// Which of the outermost generic parameters a mangled type is; nil where it is more, or less.
  ///
  /// `x`, `q_`, `q0_`, `q1_` (docs/ABI/Mangling.rst, `DEPENDENT-GENERIC-PARAM`).
  static func genericParameter(_ mangledType: String) -> Int? {
    if mangledType == "x" { return 0 }
    guard mangledType.hasPrefix("q"), mangledType.hasSuffix("_") else { return nil }
    let number = mangledType.dropFirst().dropLast()
    return number.isEmpty ? 1 : Int(number).map { $0 + 2 }
  }

  /// How many generic parameters the class has, those of the types around it included.
  func genericParameterCount(ofClassMetadata metadata: UInt64) -> Int {
    guard let descriptor = descriptor(metadata),
      let flags = reader.load(descriptor, as: UInt32.self), flags & Self.isGeneric != 0,
      let count = reader.load(descriptor + Self.parameterCount, as: UInt16.self)
    else { return 0 }
    return Int(count)
  }

  private func descriptor(_ metadata: UInt64) -> UInt64? {
    reader.load(metadata + Metadata.descriptor, as: UInt64.self)
  }

  /// The address that a relative pointer stands for; nil for null.
  private func relative(_ address: UInt64) -> UInt64? {
    guard let offset = reader.load(address, as: Int32.self), offset != 0 else { return nil }
    return address &+ UInt64(bitPattern: Int64(offset))
  }

  // MARK: Mangled names

  /// A mangled name with its symbolic references (`\u{1}` direct, `\u{2}` indirect, then a relative
  /// address) written out as text.
  ///
  /// Nil for other references, and where the name refers back to its own parts: writing out changes
  /// their numbers.
  private func writtenOut(mangledNameAt start: UInt64) -> String? {
    var result = ""
    var address = start
    var identifierLength = 0
    var hasReference = false
    var refersBack = false
    while address - start < 4096 {
      guard let byte = reader.load(address, as: UInt8.self) else { return nil }
      switch byte {
      case 0:
        return hasReference && refersBack ? nil : result
      case 1, 2:
        guard var target = relative(address + 1) else { return nil }
        if byte == 2 {
          guard let indirect = reader.load(target, as: UInt64.self) else { return nil }
          target = indirect
        }
        guard let name = mangledName(ofContext: target) else { return nil }
        result += name
        hasReference = true
        address += 5
        continue
      case 9 where address == start:
        return nameFromSymbol(start)
      case 3...0x1f:
        return nil
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        result.append(Character(UnicodeScalar(byte)))
        identifierLength = identifierLength * 10 + Int(byte - UInt8(ascii: "0"))
      default:
        result.append(Character(UnicodeScalar(byte)))
        if identifierLength > 0 {
          for offset in 1..<UInt64(max(identifierLength, 1)) {
            guard let next = reader.load(address + offset, as: UInt8.self), next > 0x1f else {
              return nil
            }
            result.append(Character(UnicodeScalar(next)))
          }
          address += UInt64(identifierLength - 1)
          identifierLength = 0
        } else if byte == UInt8(ascii: "A") {
          refersBack = true
        }
      }
      address += 1
    }
    return nil
  }

  /// Reads a type's name from the symbol of its record.
  ///
  /// A type with a non-copyable generic parameter (`Mutex`) is recorded as a function that makes its
  /// metadata, which only the program itself could call. The record's own symbol names the type:
  /// `get_type_metadata 15Synchronization5MutexVySiG noncopyable` (IRGen, GenReflection.cpp).
  private func nameFromSymbol(_ address: UInt64) -> String? {
    let prefix = "get_type_metadata "
    guard let symbol = symbolName(address), symbol.hasPrefix(prefix) else { return nil }
    let name = symbol.dropFirst(prefix.count).prefix { $0 != " " }
    // In a generic class, its signature without requirements comes first: `r0_l`.
    return String(name.trimmingPrefix(/r[0-9_]+l|l/))
  }

  /// The mangled name of a module or type from its descriptor, outermost first.
  private func mangledName(ofContext descriptor: UInt64, depth: Int = 0) -> String? {
    guard depth < 16, let flags = reader.load(descriptor, as: UInt32.self) else { return nil }
    func name() -> String? {
      relative(descriptor + 8).flatMap { reader.cString(at: $0, limit: 1024) }
    }
    let suffix: String
    switch flags & 0x1f {
    case 0: return name().map { $0 == "Swift" ? "s" : "\($0.utf8.count)\($0)" }
    case 16: suffix = "C"
    case 17: suffix = "V"
    case 18: suffix = "O"
    default: return nil
    }
    guard let name = name(), let parent = parent(of: descriptor),
      let parentFlags = reader.load(parent, as: UInt32.self)
    else { return nil }
    let own = "\(name.utf8.count)\(name)"
    if parentFlags & 0x1f == 2 {
      // An anonymous context: a private type. SwiftRemoteMirror tells it by the context's address.
      guard let outer = self.parent(of: parent),
        let prefix = mangledName(ofContext: outer, depth: depth + 1)
      else { return nil }
      let discriminator = "$" + String(parent, radix: 16)
      return "\(prefix)\(own)\(discriminator.utf8.count)\(discriminator)LL\(suffix)"
    }
    guard let prefix = mangledName(ofContext: parent, depth: depth + 1) else { return nil }
    return prefix + own + suffix
  }

  /// The qualified name of a class, without generic arguments, for types that can't be told whole.
  func qualifiedName(ofClassMetadata metadata: UInt64) -> String? {
    var names: [String] = []
    var context = descriptor(metadata)
    while let address = context, names.count < 16,
      let flags = reader.load(address, as: UInt32.self)
    {
      // Extensions and anonymous contexts have no names of their own.
      if ![1, 2].contains(flags & 0x1f) {
        guard let name = relative(address + 8).flatMap({ reader.cString(at: $0, limit: 1024) })
        else { return nil }
        names.append(name)
      }
      context = parent(of: address)
    }
    return names.isEmpty ? nil : names.reversed().joined(separator: ".")
  }

  /// The parent's descriptor: a relative pointer whose lowest bit says that it is indirect.
  private func parent(of descriptor: UInt64) -> UInt64? {
    guard let target = relative(descriptor + 4) else { return nil }
    return target & 1 == 0 ? target : reader.load(target & ~1, as: UInt64.self)
  }
}
