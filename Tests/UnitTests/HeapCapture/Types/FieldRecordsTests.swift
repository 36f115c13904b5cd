import Synchronization
import Testing

@testable import HeapCapture

@Suite struct FieldRecordsTests {
  class Base<Value> {
    var value: Value
    var count = 1
    init(_ value: Value) { self.value = value }
  }
  private final class Derived: Base<String> {
    var flag = true
    lazy var later = [1]
    weak var parent: Derived?
    var pair: (first: Int, second: () -> Void)? = nil
  }
  final class Two<First, Second> {
    var first: [First]?
    var second: (Second, First)?
  }
  private final class Packed<each Element> {
    var elements: (repeat [each Element])
    init(_ elements: repeat [each Element]) { self.elements = (repeat each elements) }
  }
  private final class Counted<let count: Int> {
    var numbers = InlineArray<count, Int>(repeating: 0)
  }
  struct Plain {
    var number: Int
    var text: String?
  }

  private let records: FieldRecords

  init() {
    records = FieldRecords(
      reader: InProcess.reader,
      structs: StructDescriptors(
        reader: InProcess.reader,
        typeRecords: InProcess.typeRecords(ofImageWith: FieldRecordsTests.Plain.self)
      ),
      symbolName: { _ in nil }
    )
  }

  private func names(_ type: Any.Type) -> [String]? {
    records.fields(ofClassMetadata: InProcess.metadata(type))?.map(\.field.name)
  }

  private func types(_ type: Any.Type, _ arguments: GenericArguments = .init()) -> [String?]? {
    records.fields(ofClassMetadata: InProcess.metadata(type))?.map {
      $0.field.type?.mangledName(with: arguments)
    }
  }

  // MARK: This process's types

  @Test("The properties that a class itself declares have names, types and offsets")
  func ownFields() {
    let derived = InProcess.metadata(Derived.self)
    #expect(records.count(ofClassMetadata: derived) == 4)
    #expect(names(Derived.self) == ["flag", "$__lazy_storage_$_later", "parent", "pair"])
    #expect(records.offsets(ofClassMetadata: derived) == [40, 48, 56, 64])
    #expect(names(Base<String>.self) == ["value", "count"])
    #expect(
      records.offsets(ofClassMetadata: InProcess.metadata(Base<String>.self)) == [16, 32]
    )
    #expect(records.offsets(ofClassMetadata: InProcess.metadata(Base<Bool>.self)) == [16, 24])
  }

  @Test("Types of properties have places where the class is generic")
  func templates() {
    var arguments = GenericArguments()
    arguments[GenericParameter(depth: 0, index: 0)] = .type("Si")
    arguments[GenericParameter(depth: 0, index: 1)] = .type("SS")
    #expect(types(Two<Int, String>.self, arguments) == ["SaySiGSg", "SS_SitSg"])
    #expect(types(Two<Int, String>.self) == [nil, nil])
    #expect(types(Base<Int>.self, arguments) == ["Si", "Si"])
  }

  @Test("What a class was made with: types, packs and numbers")
  func arguments() throws {
    func arguments(_ type: Any.Type) -> [FieldRecords.Argument] {
      (records.genericArguments(ofClassMetadata: InProcess.metadata(type)) ?? []).map(\.1)
    }
    guard case .type(let first) = arguments(Two<Int, String>.self).first,
      case .type(let second) = arguments(Two<Int, String>.self).last
    else { throw Unexpected() }
    #expect([first, second] == [InProcess.metadata(Int.self), InProcess.metadata(String.self)])
    guard case .pack(let elements) = arguments(Packed<Int, Bool, Plain>.self).first else {
      throw Unexpected()
    }
    #expect(elements == [Int.self, Bool.self, Plain.self].map(InProcess.metadata))
    guard case .number(let number) = arguments(Counted<12>.self).first else { throw Unexpected() }
    #expect(number == 12)
    #expect(arguments(Derived.self).isEmpty)
  }

  private struct Unexpected: Error {}

  @Test("Names of classes are qualified, and structs are found by name with or without arguments")
  func descriptors() {
    let name = "HeapCaptureUnitTests.FieldRecordsTests"
    #expect(
      records.qualifiedName(ofClassMetadata: InProcess.metadata(Derived.self)) == "\(name).Derived"
    )
    let plain = InProcess.descriptor(Plain.self)
    #expect(records.structDescriptor(ofDemangledName: "\(name).Plain") == plain)
    #expect(records.structDescriptor(ofDemangledName: "\(name).Plain<Swift.Int>") == plain)
    #expect(records.structDescriptor(ofDemangledName: "\(name).Absent") == nil)
    let fields = records.fields(ofDescriptor: plain) ?? []
    #expect(fields.map(\.name) == ["number", "text"])
    #expect(fields.map { $0.type?.mangledName() } == ["Si", "SSSg"])
  }

  // MARK: Types that a test writes

  private static let generic: [UInt8] = [0x80]

  @Test("A class that a test writes is read like one of the compiler's")
  func invented() throws {
    var memory = FakeMemory()
    let descriptor = memory.addContext(.classType, named: "Node", in: memory.addModule("App"))
    memory.addFields(
      [("next", "3App4NodeCSg"), ("id", "Si"), ("odd", "?")],
      toDescriptor: descriptor
    )
    let metadata = memory.addClass(descriptor: descriptor, instanceSize: 40)
    memory.writeNumber(UInt32(3), at: descriptor + 36)
    memory.writeNumber(UInt32(10), at: descriptor + 40)
    memory.write(16, 24, 32, at: metadata + 80)
    let fields = try #require(memory.records().fields(ofClassMetadata: metadata))
    #expect(fields.map(\.field.name) == ["next", "id", "odd"])
    #expect(fields.map { $0.field.type?.mangledName() } == ["3App4NodeCSg", "Si", nil])
    #expect(fields.map(\.offset) == [16, 24, 32])
  }

  /// Asks everything of a class.
  private func askAll(_ memory: FakeMemory, _ metadata: Address) -> Int {
    let records = memory.records()
    var found = records.count(ofClassMetadata: metadata)
    found += records.fields(ofClassMetadata: metadata)?.count ?? 0
    found += records.offsets(ofClassMetadata: metadata)?.count ?? 0
    found += records.genericArguments(ofClassMetadata: metadata)?.count ?? 0
    found += records.qualifiedName(ofClassMetadata: metadata)?.count ?? 0
    return found
  }

  @Test(
    "A descriptor that can't be one is none",
    arguments: [0, 1, 4096, 1 << 47, 1 << 63, .max, .max - 3, .max - 7, .max - 40] as [UInt64]
  )
  func impossibleDescriptor(descriptor: UInt64) {
    var memory = FakeMemory()
    let metadata = memory.addClass(descriptor: Address(descriptor))
    #expect(askAll(memory, metadata) == 0)
    #expect(memory.records().fields(ofDescriptor: Address(descriptor)) == nil)
  }

  @Test("A descriptor at the very end of the address space is read as far as it goes")
  func wrapping() {
    for distance in stride(from: UInt64(8), through: 256, by: 8) {
      var memory = FakeMemory()
      let descriptor = Address(0) - distance
      for offset in stride(from: 0, to: distance, by: 8) {
        memory.write(0xffff_fff0_ffff_fff0, at: descriptor + offset)
      }
      let metadata = memory.addClass(descriptor: descriptor)
      #expect(askAll(memory, metadata) < 1 << 20)
    }
  }

  @Test(
    "Counts that are too large are believed nowhere",
    arguments: [1 << 16, 1 << 31, UInt32.max] as [UInt32]
  )
  func counts(count: UInt32) {
    var memory = FakeMemory()
    let module = memory.addModule("App")
    for place: UInt64 in [28, 32, 36, 40] {
      let descriptor = memory.addContext(.classType, named: "Node", in: module, flags: 0x80)
      memory.addGenericHeader(Self.generic, toDescriptor: descriptor, isClass: true)
      memory.addFields([("next", "Si")], toDescriptor: descriptor)
      let metadata = memory.addClass(descriptor: descriptor)
      memory.writeNumber(count, at: descriptor + place)
      #expect(memory.records().fields(ofClassMetadata: metadata)?.count ?? 0 == 0)
      #expect(askAll(memory, metadata) < 100)
    }
    var descriptor = memory.addContext(.classType, named: "Node", in: module)
    memory.addFields([("next", "Si")], toDescriptor: descriptor)
    let records = memory.relative(descriptor + 16) ?? 0
    memory.writeNumber(count, at: records + 12)
    #expect(memory.records().fields(ofDescriptor: descriptor) == nil)
    descriptor = memory.addContext(.structType, named: "Pair", in: module)
    #expect(memory.records().fields(ofDescriptor: descriptor) == nil)
  }

  @Test(
    "Bounds of a resilient superclass that no metadata has are believed nowhere",
    arguments: [.min, .max, .min + 1, -1 << 20, 1 << 20, 1 << 40] as [Int64]
  )
  func resilientBounds(offset: Int64) {
    var memory = FakeMemory()
    let descriptor = memory.addContext(
      .classType,
      named: "Node",
      in: memory.addModule("App"),
      flags: 1 << 29 | 0x80
    )
    memory.addGenericHeader(Self.generic, toDescriptor: descriptor, isClass: true)
    memory.writeNumber(UInt32(1), at: descriptor + 36)
    let bounds = memory.addStatic(size: 16)
    memory.write(UInt64(bitPattern: offset), at: bounds)
    memory.writeRelative(to: bounds, at: descriptor + 24)
    let metadata = memory.addClass(descriptor: descriptor)
    #expect(memory.records().offsets(ofClassMetadata: metadata) == nil)
    #expect(memory.records().genericArguments(ofClassMetadata: metadata) == nil)
  }

  @Test("Metadata at the start of the address space has nothing before it")
  func lowMetadata() {
    var memory = FakeMemory()
    let descriptor = memory.addContext(
      .classType,
      named: "Node",
      in: memory.addModule("App"),
      flags: 1 << 29 | 0x80
    )
    memory.addGenericHeader(Self.generic, toDescriptor: descriptor, isClass: true)
    memory.writeNumber(UInt32(1), at: descriptor + 36)
    memory.writeNumber(UInt32(0xffff), at: descriptor + 40)
    let bounds = memory.addStatic(size: 16)
    memory.write(UInt64(bitPattern: -0x1010), at: bounds)
    memory.writeRelative(to: bounds, at: descriptor + 24)
    memory.write(descriptor, at: 0x1000 + Metadata.descriptor)
    #expect(memory.records().offsets(ofClassMetadata: 0x1000) == nil)
    #expect(memory.records().genericArguments(ofClassMetadata: 0x1000) == nil)
  }

  @Test(
    "A pack whose elements lie nowhere is no argument",
    arguments: [0, 1, .max, .max - 1, .max - 15, 1 << 63] as [UInt64]
  )
  func packs(address: UInt64) {
    var memory = FakeMemory()
    let descriptor = memory.addContext(.classType, named: "Packed", in: memory.addModule("App"))
    memory.addGenericHeader([0x81], toDescriptor: descriptor, isClass: true)
    // One pack, in one class of shapes.
    memory.writeNumber(UInt16(1), at: descriptor + 44 + 14)
    memory.writeNumber(UInt16(1), at: descriptor + 44 + 20)
    memory.writeNumber(UInt16(1), at: descriptor + 44 + 22)
    memory.writeNumber(UInt32(12), at: descriptor + 28)
    memory.writeNumber(UInt32(2), at: descriptor + 32)
    let metadata = memory.addClass(descriptor: descriptor)
    memory.write(3, address, at: metadata + 80)
    #expect(memory.records().genericArguments(ofClassMetadata: metadata) == nil)
    let elements = memory.addStatic(size: 24)
    memory.write(7, 8, 9, at: elements)
    memory.write(3, elements + 1, at: metadata + 80)
    let found = memory.records().genericArguments(ofClassMetadata: metadata) ?? []
    guard case .pack(let pack) = found.first?.1 else {
      Issue.record("\(found)")
      return
    }
    #expect(pack == [7, 8, 9])
  }

  @Test("Relative pointers that lead back to themselves, and names without an end, come to an end")
  func selfReferences() {
    var memory = FakeMemory()
    let module = memory.addModule("App")
    let descriptor = memory.addContext(.classType, named: "Node", in: module)
    memory.addFields([("next", "Si")], toDescriptor: descriptor)
    let records = memory.relative(descriptor + 16) ?? 0
    // A type's name that refers to the field's own record.
    let name = memory.addStatic(size: 16)
    memory.writeBytes([1], at: name)
    memory.writeRelative(to: descriptor, at: name + 1)
    memory.writeRelative(to: name, at: records + 20)
    let metadata = memory.addClass(descriptor: descriptor)
    memory.writeNumber(UInt32(1), at: descriptor + 36)
    var fields = memory.records().fields(ofDescriptor: descriptor)
    #expect(fields?.first?.type?.mangledName() == "3App4NodeC")
    // One that refers to its own first byte, which is a descriptor of nothing.
    memory.writeRelative(to: name, at: name + 1)
    fields = memory.records().fields(ofDescriptor: descriptor)
    #expect(fields?.count == 1 && fields?.first?.type == nil)
    // One without an end.
    let endless = memory.addStatic(size: 8192)
    memory.writeBytes(Array(repeating: UInt8(ascii: "S"), count: 8192), at: endless)
    memory.writeRelative(to: endless, at: records + 20)
    fields = memory.records().fields(ofDescriptor: descriptor)
    #expect(fields?.count == 1 && fields?.first?.type == nil)
    // Fields that are the descriptor itself.
    memory.writeRelative(to: descriptor, at: descriptor + 16)
    _ = askAll(memory, metadata)
  }
}
