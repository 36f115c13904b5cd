import HeapGraph

@testable import HeapCapture

/// Swift's records and objects, one call each:
///
///     var memory = FakeMemory()
///     let module = memory.addModule("App")
///     let node = memory.addClass("Node", in: module, instanceSize: 24)
///     let leaf = memory.addObject(of: node, [0])
///     let root = memory.addObject(of: node, [leaf])
///     let graph = try memory.graph()
///
/// Layouts: swiftlang/swift 6.3, `include/swift/ABI/Metadata.h`, `RefCount.h`.
extension FakeMemory {
  /// Where code is: the `deinit` of every class.
  static let code: Range<Address> = 0x0f00_0000..<0x0f00_1000

  /// Room in the image's part of the memory, with zeros in it.
  mutating func addStatic(size: UInt64) -> Address {
    let address = nextStatic
    if address == Self.statics.lowerBound { reserve(Self.statics) }
    nextStatic = (nextStatic + size).alignedUp(to: 16)
    for offset in stride(from: 0, to: size, by: 8) { write(0, at: address + offset) }
    return address
  }

  mutating func addString(_ string: String) -> Address {
    let address = addStatic(size: UInt64(string.utf8.count) + 1)
    writeString(string, at: address)
    return address
  }

  // MARK: Descriptors

  mutating func addModule(_ name: String) -> Address {
    addContext(.module, named: name, in: nil)
  }

  /// A context descriptor with room for what its kind has behind the name.
  ///
  /// `flags` are those above the kind's five bits.
  mutating func addContext(
    _ kind: ContextDescriptors.Kind,
    named name: String?,
    in parent: Address?,
    flags: UInt32 = 0
  ) -> Address {
    let descriptor = addStatic(size: 256)
    writeNumber(kind.rawValue | flags, at: descriptor)
    if let parent { writeRelative(to: parent, at: descriptor + 4) }
    if let name { writeRelative(to: addString(name), at: descriptor + 8) }
    return descriptor
  }

  /// The parameters of a generic type: a byte for each, as `GenericParamDescriptor` has it.
  mutating func addGenericHeader(
    _ parameters: [UInt8],
    toDescriptor descriptor: Address,
    isClass: Bool
  ) {
    let flags = load(descriptor, as: UInt32.self) ?? 0
    writeNumber(flags | 0x80, at: descriptor)
    let header = descriptor + (isClass ? 44 : 28)
    writeNumber(UInt16(parameters.count), at: header + 8)
    writeBytes(parameters, at: header + 16)
  }

  /// The names and types of a type's properties, each type a mangled name.
  mutating func addFields(
    _ fields: [(name: String, type: String)],
    toDescriptor descriptor: Address
  ) {
    let records = addStatic(size: 16 + UInt64(fields.count) * 12)
    writeNumber(UInt32(fields.count), at: records + 12)
    for (index, field) in fields.enumerated() {
      let record = records + 16 + UInt64(index) * 12
      writeRelative(to: addString(field.type), at: record + 4)
      writeRelative(to: addString(field.name), at: record + 8)
    }
    writeRelative(to: records, at: descriptor + 16)
  }

  // MARK: Classes

  /// A class's metadata, with a descriptor.
  mutating func addClass(
    _ name: String,
    in parent: Address,
    instanceSize: UInt32 = 16,
    superclass: Address = 0
  ) -> Address {
    addClass(
      descriptor: addContext(.classType, named: name, in: parent),
      instanceSize: instanceSize,
      superclass: superclass
    )
  }

  /// With room for 16 words behind those of every class.
  mutating func addClass(
    descriptor: Address,
    instanceSize: UInt32 = 16,
    superclass: Address = 0
  ) -> Address {
    let metadata = addStatic(size: 256) + Metadata.deallocatingDeinit
    write(Self.code.lowerBound, at: metadata - Metadata.deallocatingDeinit)
    write(superclass, at: metadata + Metadata.superclass)
    writeNumber(instanceSize, at: metadata + Metadata.instanceSize)
    write(descriptor, at: metadata + Metadata.descriptor)
    return metadata
  }

  // MARK: Objects

  /// A block with an object in it: `fields` are the words behind its header.
  mutating func addObject(
    of metadata: Address,
    _ fields: [UInt64] = [],
    strong: UInt64 = 1,
    unowned: UInt64 = 0
  ) -> Address {
    let object = addBlock(
      [metadata.rawValue, Self.counts(strong: strong, unowned: unowned)] + fields
    )
    return object
  }

  /// Moves an object's counts to a side table, which is a block, too.
  mutating func addSideTable(of object: Address, weak: UInt32) -> Address {
    let counts = load(object + 8, as: UInt64.self) ?? 0
    let table = addBlock([object.rawValue, 0, counts, UInt64(weak) + 1])
    write(0b11 << 62 | table.rawValue >> 3, at: object + 8)
    return table
  }

  /// The same with the addresses of others.
  @_disfavoredOverload
  mutating func addObject(of metadata: Address, _ fields: [Address]) -> Address {
    addObject(of: metadata, fields.map(\.rawValue))
  }

  @_disfavoredOverload
  mutating func addBlock(_ contents: [Address]) -> Address {
    addBlock(contents.map(\.rawValue))
  }

  mutating func addBlock(_ contents: [UInt64]) -> Address {
    let address = nextBlock
    // As glibc does: a header of two words before each block.
    nextBlock = (address + contents.count * 8 + 16).alignedUp(to: 16)
    for (index, word) in contents.enumerated() { write(word, at: address + UInt64(index) * 8) }
    let size = UInt64(contents.count) * 8
    addBlock(AllocationTable.Block(address: address, size: size, stackID: 0, birth: 0))
    return address
  }

  /// An object's second word; the runtime counts the references beyond the first.
  static func counts(strong: UInt64, unowned: UInt64 = 0) -> UInt64 {
    (strong - 1) << 33 | (unowned + 1) << 1
  }

  /// The graph of all blocks.
  func graph(
    recognizing blockRuntime: BlockRuntime? = nil,
    _ dispatch: DispatchReader? = nil
  ) throws -> HeapGraph {
    var outline = HeapOutline()
    outline.blocks = blockRuntime
    outline.dispatch = dispatch
    outline.allocations.blocks = blocks
    outline.executableRanges = [Self.code]
    return try GraphBuilder(outline: outline, reader: self).build().graph
  }

  /// SwiftRemoteMirror over this memory, without any image.
  func mirror() -> RemoteMirror? {
    RemoteMirror(reader: self, typeRecords: []) { _ in nil }
  }

  func records(typeRecords: [Range<Address>] = []) -> FieldRecords {
    FieldRecords(
      reader: self,
      structs: StructDescriptors(reader: self, typeRecords: typeRecords),
      symbolName: { _ in nil }
    )
  }
}
