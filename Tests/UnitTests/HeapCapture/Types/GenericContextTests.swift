import Testing

@testable import HeapCapture

@Suite struct GenericContextTests {
  struct Pair<First, Second> {
    struct Plain {}
    struct Inner<Third> {
      final class Innermost<Fourth> {}
    }
  }
  struct Packed<First, each Element> {}
  struct Counted<let count: Int, Element> {}
  final class Node<Value> {}
  final class Plain {}

  private func keys(_ type: Any.Type) -> [String]? {
    GenericContext(of: InProcess.descriptor(type), in: InProcess.reader).map(keys)
  }

  private func keys(_ context: GenericContext) -> [String] {
    context.keys.map { "\($0.place.depth).\($0.place.index) \($0.kind)" }
  }

  // MARK: This process's types

  @Test("Parameters have the places that names give them: the outermost type's first")
  func compiled() {
    #expect(keys(Pair<Int, Int>.self) == ["0.0 type", "0.1 type"])
    #expect(keys(Pair<Int, Int>.Plain.self) == ["0.0 type", "0.1 type"])
    #expect(keys(Pair<Int, Int>.Inner<Int>.self) == ["0.0 type", "0.1 type", "1.0 type"])
    #expect(
      keys(Pair<Int, Int>.Inner<Int>.Innermost<Int>.self)
        == ["0.0 type", "0.1 type", "1.0 type", "2.0 type"]
    )
    #expect(keys(Node<Int>.self) == ["0.0 type"])
    #expect(keys(Counted<3, Int>.self) == ["0.0 value", "0.1 type"])
    #expect(keys(Plain.self) == nil)
    #expect(keys(Int.self) == nil)
  }

  @Test("A pack's length comes before the arguments")
  func packs() {
    let context = GenericContext(
      of: InProcess.descriptor(Packed<Int, Int, Bool>.self),
      in: InProcess.reader
    )
    #expect(context.map(keys) == ["0.0 type", "0.1 pack"])
    #expect(context?.shapeClassCount == 1)
    #expect(context?.levelCount == 1)
  }

  // MARK: Descriptors that a test writes

  @Test("Parameters without a word in the metadata are passed over")
  func keyArguments() {
    var memory = FakeMemory()
    let pair = memory.addContext(.structType, named: "Pair", in: memory.addModule("App"))
    memory.addGenericHeader([0x80, 0x00, 0x82], toDescriptor: pair, isClass: false)
    let context = GenericContext(of: pair, in: memory)
    #expect(context.map(keys) == ["0.0 type", "0.2 value"])
  }

  @Test("Counts that no type has, and kinds that there aren't, are damage")
  func counts() {
    var memory = FakeMemory()
    let module = memory.addModule("App")
    for count: UInt16 in [65, 0x7fff, .max] {
      let type = memory.addContext(.classType, named: "Node", in: module)
      memory.addGenericHeader([0x80], toDescriptor: type, isClass: true)
      memory.writeNumber(count, at: type + 44 + 8)
      #expect(GenericContext(of: type, in: memory) == nil)
    }
    let odd = memory.addContext(.enumType, named: "Odd", in: module)
    memory.addGenericHeader([0x83], toDescriptor: odd, isClass: false)
    #expect(GenericContext(of: odd, in: memory) == nil)
    // A pack of which the packs' own list says nothing.
    let packed = memory.addContext(.enumType, named: "Packed", in: module)
    memory.addGenericHeader([0x81], toDescriptor: packed, isClass: false)
    #expect(GenericContext(of: packed, in: memory) == nil)
    // More requirements than there is memory for: they are passed over, and what is behind them isn't there.
    memory.writeNumber(UInt16.max, at: packed + 28 + 10)
    memory.writeNumber(UInt16(1), at: packed + 28 + 14)
    #expect(GenericContext(of: packed, in: memory) == nil)
    // Generic, and a module.
    #expect(
      GenericContext(of: memory.addContext(.module, named: "M", in: nil, flags: 0x80), in: memory)
        == nil
    )
  }

  @Test("A header that is cut off is damage, wherever that is")
  func cutOff() {
    for size in stride(from: UInt64(8), to: 64, by: 8) {
      var memory = FakeMemory()
      let type: Address = 0x3000_0000
      for offset in stride(from: 0, to: size, by: 8) { memory.write(0, at: type + offset) }
      memory.writeNumber(UInt32(0x80 | 17), at: type)
      if size > 36 { memory.writeNumber(UInt16(12), at: type + 36) }
      #expect((GenericContext(of: type, in: memory) == nil) == (size < 56))
    }
  }

  @Test("Parents that lead back to themselves come to an end")
  func cycles() {
    var memory = FakeMemory()
    let alone = memory.addContext(.structType, named: "Alone", in: nil)
    memory.addGenericHeader([0x80], toDescriptor: alone, isClass: false)
    memory.writeRelative(to: alone, at: alone + 4)
    #expect(GenericContext(of: alone, in: memory).map(keys) == ["0.0 type"])

    let one = memory.addContext(.structType, named: "One", in: nil)
    let other = memory.addContext(.structType, named: "Other", in: one)
    memory.writeRelative(to: other, at: one + 4)
    memory.addGenericHeader([0x80, 0x80], toDescriptor: one, isClass: false)
    memory.addGenericHeader([0x80, 0x80, 0x80], toDescriptor: other, isClass: false)
    let context = GenericContext(of: other, in: memory)
    #expect(context.map(keys) == ["0.0 type", "0.1 type", "1.0 type"])
    #expect(context?.levelCount == 2)
  }

  @Test(
    "Parents that can't be contexts have no parameters",
    arguments: [0, 1, 4096, 1 << 63, .max, .max - 3, .max - 43] as [UInt64]
  )
  func impossibleParent(parent: UInt64) {
    var memory = FakeMemory()
    let pointer = memory.addStatic(size: 8)
    memory.write(parent, at: pointer)
    let node = memory.addContext(.classType, named: "Node", in: pointer + 1)
    memory.addGenericHeader([0x80], toDescriptor: node, isClass: true)
    #expect(GenericContext(of: node, in: memory).map(keys) == ["0.0 type"])
    #expect(GenericContext(of: Address(parent), in: memory) == nil)
  }
}
