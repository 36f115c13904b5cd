/// The generic parameters that a type's descriptor declares, those of the types around it included.
///
/// Layout: swiftlang/swift 6.3, `include/swift/ABI/GenericContext.h`
/// (`TargetGenericContextDescriptorHeader`, `GenericParamDescriptor`, `GenericPackShapeHeader`). Addresses come from the
/// target's memory.
struct GenericContext {
  enum Parameter: UInt8 {
    case type = 0
    case pack = 1
    /// `let count: Int`.
    case value = 2
  }

  /// One entry per parameter that has a word in the metadata.
  private(set) var keys: [(place: GenericParameter, kind: Parameter, shapeClass: Int)] = []
  /// Words before the arguments: the lengths of the packs.
  private(set) var shapeClassCount = 0
  /// How many types, from the outside in, have parameters of their own.
  private(set) var levelCount = 0

  private static let isGeneric: UInt32 = 0x80
  private static let classHeader: UInt64 = 44
  private static let valueHeader: UInt64 = 28
  private static let parameterCount: UInt64 = 8
  private static let requirementCount: UInt64 = 10
  private static let flags: UInt64 = 14
  private static let parameters: UInt64 = 16
  private static let requirementSize: UInt64 = 12
  private static let packShapeSize: UInt64 = 8
  private static let hasPacks: UInt16 = 1
  private static let hasKeyArgument: UInt8 = 0x80
  private static let parameterLimit = 64
  private static let deepestNesting = 16

  /// Nil where the type isn't generic, or damaged.
  init?(of descriptor: Address, in reader: any MemoryReader) {
    let contexts = ContextDescriptors(reader: reader)
    guard let header = Self.header(of: descriptor, contexts),
      let count = Self.count(header, reader),
      let requirements = reader.load(header + Self.requirementCount, as: UInt16.self),
      let flags = reader.load(header + Self.flags, as: UInt16.self)
    else { return nil }
    // Parameters count from the outermost type inwards: each level adds to the one around it.
    var ends: [Int] = [count]
    var context = contexts.parent(of: descriptor)
    var contextCount = 0
    // Damaged ones may lead back to themselves.
    while let address = context, contextCount < Self.deepestNesting {
      contextCount += 1
      if let header = Self.header(of: address, contexts), let count = Self.count(header, reader),
        count < ends[0]
      {
        ends.insert(count, at: 0)
      }
      context = contexts.parent(of: address)
    }
    levelCount = ends.count

    let shapes =
      header + Self.parameters + UInt64(count + 3) & ~3
      + UInt64(requirements) * Self.requirementSize
    var packCount = 0
    if flags & Self.hasPacks != 0 {
      guard let packs = reader.load(shapes, as: UInt16.self),
        let classes = reader.load(shapes + 2, as: UInt16.self)
      else { return nil }
      packCount = Int(packs)
      shapeClassCount = Int(classes)
    }
    var packIndex = 0
    for index in 0..<count {
      guard let byte = reader.load(header + Self.parameters + UInt64(index), as: UInt8.self),
        let kind = Parameter(rawValue: byte & 0x3f)
      else { return nil }
      guard byte & Self.hasKeyArgument != 0 else { continue }
      let depth = ends.firstIndex { index < $0 } ?? 0
      let place = GenericParameter(depth: depth, index: index - (depth > 0 ? ends[depth - 1] : 0))
      var shapeClass = 0
      if kind == .pack {
        guard packIndex < packCount,
          let number = reader.load(
            shapes + 4 + UInt64(packIndex) * Self.packShapeSize + 4,
            as: UInt16.self
          )
        else { return nil }
        shapeClass = Int(number)
        packIndex += 1
      }
      keys.append((place, kind, shapeClass))
    }
  }

  private static func header(of descriptor: Address, _ contexts: ContextDescriptors) -> Address? {
    guard let flags = contexts.reader.load(descriptor, as: UInt32.self), flags & isGeneric != 0
    else { return nil }
    switch contexts.kind(of: descriptor) {
    case .classType: return descriptor + classHeader
    case .structType, .enumType: return descriptor + valueHeader
    default: return nil
    }
  }

  private static func count(_ header: Address, _ reader: any MemoryReader) -> Int? {
    guard let count = reader.load(header + parameterCount, as: UInt16.self),
      count <= parameterLimit
    else { return nil }
    return Int(count)
  }
}
