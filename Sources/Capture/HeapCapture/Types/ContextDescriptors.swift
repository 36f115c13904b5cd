/// The compiler's records of modules and types, which name each other outwards.
///
/// Layout: swiftlang/swift 6.3, `include/swift/ABI/Metadata.h` (`TargetContextDescriptor`). Addresses come from the
/// target's memory.
struct ContextDescriptors {
  let reader: any MemoryReader

  /// The low five bits of a descriptor's flags.
  enum Kind: UInt32 {
    case module = 0
    case `extension` = 1
    case anonymous = 2
    case `protocol` = 3
    case classType = 16
    case structType = 17
    case enumType = 18
  }

  private static let parent: UInt64 = 4
  private static let name: UInt64 = 8
  private static let depthLimit = 16

  func kind(of descriptor: Address) -> Kind? {
    reader.load(descriptor, as: UInt32.self).flatMap { Kind(rawValue: $0 & 0x1f) }
  }

  /// The parent's descriptor: a relative pointer whose lowest bit says that it is indirect.
  func parent(of descriptor: Address) -> Address? {
    reader.relativeIndirectable(descriptor + Self.parent)
  }

  private func name(of descriptor: Address) -> String? {
    reader.relative(descriptor + Self.name).flatMap { reader.cString(at: $0, limit: 1024) }
  }

  /// The mangled name of a module, type or protocol, outermost first.
  func mangledName(of descriptor: Address, depth: Int = 0) -> String? {
    guard depth < Self.depthLimit, let kind = kind(of: descriptor) else { return nil }
    let suffix: String
    switch kind {
    case .module: return name(of: descriptor).map { $0 == "Swift" ? "s" : "\($0.utf8.count)\($0)" }
    case .classType: suffix = "C"
    case .structType: suffix = "V"
    case .enumType: suffix = "O"
    case .protocol: suffix = "P"
    case .extension, .anonymous: return nil
    }
    guard let name = name(of: descriptor), let parent = parent(of: descriptor) else { return nil }
    let own = "\(name.utf8.count)\(name)"
    if self.kind(of: parent) == .anonymous {
      // A private type. SwiftRemoteMirror identifies it by the address of the context around it.
      guard let outer = self.parent(of: parent),
        let prefix = mangledName(of: outer, depth: depth + 1)
      else { return nil }
      let discriminator = "$" + parent.digits
      return "\(prefix)\(own)\(discriminator.utf8.count)\(discriminator)LL\(suffix)"
    }
    guard let prefix = mangledName(of: parent, depth: depth + 1) else { return nil }
    return prefix + own + suffix
  }

  /// The qualified name, without generic arguments and discriminators.
  func qualifiedName(of descriptor: Address) -> String? {
    var known: [Address: String?] = [:]
    return qualifiedName(of: descriptor, known: &known)
  }

  /// The same for many descriptors, which share the contexts around them: `known` has the names of those.
  func qualifiedName(of descriptor: Address, known: inout [Address: String?]) -> String? {
    fullName(of: descriptor, depth: 0, &known).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Empty where nothing around the context has a name; nil where a name can't be read.
  private func fullName(
    of context: Address,
    depth: Int,
    _ known: inout [Address: String?]
  ) -> String? {
    guard depth < Self.depthLimit, let kind = kind(of: context) else { return "" }
    var prefix: String? = ""
    if let parent = parent(of: context) {
      if let name = known[parent] {
        prefix = name
      } else {
        prefix = fullName(of: parent, depth: depth + 1, &known)
        known[parent] = .some(prefix)
      }
    }
    // Extensions and anonymous contexts have no names of their own.
    if kind == .extension || kind == .anonymous { return prefix }
    guard let prefix, let name = name(of: context) else { return nil }
    return prefix.isEmpty ? name : "\(prefix).\(name)"
  }
}

extension MemoryReader {
  /// The address that a relative pointer stands for; nil for null.
  func relative(_ address: Address) -> Address? {
    guard let offset = load(address, as: Int32.self), offset != 0 else { return nil }
    return address + Int(offset)
  }

  /// The same, where the lowest bit says that the pointer leads to another one.
  func relativeIndirectable(_ address: Address) -> Address? {
    guard let target = relative(address) else { return nil }
    return target & 1 == 0 ? target : load(target & ~1, as: Address.self)
  }
}
