import Testing

@testable import HeapCapture

@Suite struct StructDescriptorsTests {
  struct Plain {}
  struct Generic<Value> {
    struct Inner {}
  }
  enum Kind { case one, two }

  private static let prefix = "HeapCaptureUnitTests.StructDescriptorsTests"

  @Test("The structs of an image are found by name, and nothing else is")
  func own() {
    let structs = StructDescriptors(
      reader: InProcess.reader,
      typeRecords: InProcess.typeRecords(ofImageWith: Plain.self)
    )
    #expect(structs.descriptor(named: "\(Self.prefix).Plain") == InProcess.descriptor(Plain.self))
    #expect(
      structs.descriptor(named: "\(Self.prefix).Generic")
        == InProcess.descriptor(Generic<Int>.self)
    )
    #expect(
      structs.descriptor(named: "\(Self.prefix).Generic.Inner")
        == InProcess.descriptor(Generic<Int>.Inner.self)
    )
    #expect(structs.descriptor(named: "\(Self.prefix).Kind") == nil)
    #expect(structs.descriptor(named: "") == nil)
  }

  /// A list of relative pointers to descriptors.
  private func records(_ targets: [Address], in memory: inout FakeMemory) -> Range<Address> {
    let start = memory.addStatic(size: UInt64(targets.count) * 4)
    for (index, target) in targets.enumerated() {
      memory.writeRelative(to: target, at: start + index * 4)
    }
    return start..<start + targets.count * 4
  }

  @Test("Records name descriptors or pointers to them; of two structs of one name neither is meant")
  func invented() {
    var memory = FakeMemory()
    let module = memory.addModule("App")
    let one = memory.addContext(.structType, named: "One", in: module)
    let two = memory.addContext(.structType, named: "Two", in: module)
    let twice = (0..<2).map { _ in memory.addContext(.structType, named: "Twice", in: module) }
    let kind = memory.addContext(.enumType, named: "Kind", in: module)
    let pointer = memory.addStatic(size: 8)
    memory.write(two, at: pointer)
    let range = records([one, pointer + 1, kind] + twice, in: &memory)
    let structs = StructDescriptors(reader: memory, typeRecords: [range])
    #expect(structs.descriptor(named: "App.One") == one)
    #expect(structs.descriptor(named: "App.Two") == two)
    #expect(structs.descriptor(named: "App.Twice") == nil)
    #expect(structs.descriptor(named: "App.Kind") == nil)
  }

  @Test("Damaged records, lists that lie nowhere, and cycles of parents hide no other struct")
  func damaged() {
    var memory = FakeMemory()
    let module = memory.addModule("App")
    let one = memory.addContext(.structType, named: "One", in: module)
    let circle = memory.addContext(.structType, named: "Circle", in: nil)
    memory.writeRelative(to: circle, at: circle + 4)
    let lost = memory.addStatic(size: 8)
    memory.write(.max, at: lost)
    let range = records([0x0100_0000, circle, lost + 1, lost, 0x0100_0001, one], in: &memory)
    // One more, which leads to itself.
    let itself = memory.addStatic(size: 8)
    memory.writeNumber(Int32(1), at: itself)
    let structs = StructDescriptors(
      reader: memory,
      typeRecords: [0x0200_0000..<0x0200_1000, itself..<itself + 8, range, 8..<8]
    )
    #expect(structs.descriptor(named: "App.One") == one)
    #expect(structs.descriptor(named: "Circle") == nil)
  }
}
