import CSwiftRemoteMirror
import Testing

@testable import HeapCapture

@Suite struct ContextDescriptorsTests {
  final class Node {
    enum Kind { case one, two }
  }
  private struct Hidden {}
  struct Pair<First, Second> {
    struct Inner {}
  }

  private let own = ContextDescriptors(reader: InProcess.reader)

  // MARK: This process's types

  @Test("Kinds and names of compiled types are the compiler's")
  func compiled() {
    let prefix = "HeapCaptureUnitTests.ContextDescriptorsTests"
    let types: [(any Any.Type, ContextDescriptors.Kind, String)] = [
      (Node.self, .classType, "\(prefix).Node"),
      (Node.Kind.self, .enumType, "\(prefix).Node.Kind"),
      (Hidden.self, .structType, "\(prefix).Hidden"),
      (Pair<Int, Int>.self, .structType, "\(prefix).Pair"),
      (Pair<Int, Int>.Inner.self, .structType, "\(prefix).Pair.Inner"),
      (Int.self, .structType, "Swift.Int"),
      ([Int].self, .structType, "Swift.Array"),
      (Int?.self, .enumType, "Swift.Optional"),
    ]
    for (type, kind, name) in types {
      let descriptor = InProcess.descriptor(type)
      #expect(own.kind(of: descriptor) == kind, "\(type)")
      #expect(own.qualifiedName(of: descriptor) == name)
    }
  }

  @Test("Mangled names are those that SwiftRemoteMirror understands, of private types, too")
  func mangled() throws {
    let prefix = "20HeapCaptureUnitTests23ContextDescriptorsTestsV"
    #expect(own.mangledName(of: InProcess.descriptor(Node.self)) == "\(prefix)4NodeC")
    #expect(own.mangledName(of: InProcess.descriptor(Node.Kind.self)) == "\(prefix)4NodeC4KindO")
    #expect(own.mangledName(of: InProcess.descriptor(Int.self)) == "s3IntV")
    let mirror = try #require(InProcess.mirror())
    for type: any Any.Type in [Node.self, Node.Kind.self, Hidden.self, Int.self] {
      let name = try #require(own.mangledName(of: InProcess.descriptor(type)))
      let found = try #require(mirror.type(mangledName: name), "\(name)")
      let known = try #require(mirror.type(ofMetadata: InProcess.metadata(type)))
      // Of a private type it knows the file's discriminator, too.
      #expect(
        displayName(ofDemangled: mirror.demangledName(of: found))
          == displayName(ofDemangled: mirror.demangledName(of: known))
      )
      #expect(mirror.info(of: found).Size == mirror.info(of: known).Size)
    }
  }

  // MARK: Descriptors that a test writes

  private func contexts(_ memory: FakeMemory) -> ContextDescriptors {
    ContextDescriptors(reader: memory)
  }

  @Test("Contexts name each other outwards; extensions and anonymous ones have no names")
  func invented() {
    var memory = FakeMemory()
    let module = memory.addModule("App")
    let outer = memory.addContext(.structType, named: "Outer", in: module)
    let inner = memory.addContext(.classType, named: "Inner", in: outer)
    #expect(contexts(memory).mangledName(of: inner) == "3App5OuterV5InnerC")
    #expect(contexts(memory).qualifiedName(of: inner) == "App.Outer.Inner")

    let anonymous = memory.addContext(.anonymous, named: nil, in: module)
    let hidden = memory.addContext(.enumType, named: "Hidden", in: anonymous)
    let discriminator = "$" + anonymous.digits
    #expect(
      contexts(memory).mangledName(of: hidden)
        == "3App6Hidden\(discriminator.utf8.count)\(discriminator)LLO"
    )
    #expect(contexts(memory).qualifiedName(of: hidden) == "App.Hidden")

    let `extension` = memory.addContext(.extension, named: nil, in: module)
    let extended = memory.addContext(.protocol, named: "Shape", in: `extension`)
    #expect(contexts(memory).mangledName(of: extended) == nil)
    #expect(contexts(memory).qualifiedName(of: extended) == "App.Shape")
  }

  @Test("A parent may be named through a pointer elsewhere")
  func indirect() {
    var memory = FakeMemory()
    let module = memory.addModule("App")
    let pointer = memory.addStatic(size: 8)
    memory.write(module, at: pointer)
    let node = memory.addContext(.classType, named: "Node", in: pointer + 1)
    #expect(contexts(memory).parent(of: node) == module)
    #expect(contexts(memory).mangledName(of: node) == "3App4NodeC")
  }

  @Test("Parents that lead back to themselves come to an end")
  func cycles() {
    var memory = FakeMemory()
    let one = memory.addContext(.structType, named: "One", in: nil)
    let other = memory.addContext(.structType, named: "Other", in: one)
    memory.writeRelative(to: other, at: one + 4)
    let alone = memory.addContext(.anonymous, named: nil, in: nil)
    memory.writeRelative(to: alone, at: alone + 4)
    for descriptor in [one, other, alone] {
      #expect(contexts(memory).mangledName(of: descriptor) == nil)
      #expect((contexts(memory).qualifiedName(of: descriptor)?.utf8.count ?? 0) < 1_000)
    }
  }

  @Test(
    "Parents that can't be contexts end the name",
    arguments: [0, 1, 4096, 1 << 47, 1 << 63, .max, .max - 3, .max - 7] as [UInt64]
  )
  func impossibleParent(parent: UInt64) {
    var memory = FakeMemory()
    let pointer = memory.addStatic(size: 8)
    memory.write(parent, at: pointer)
    let node = memory.addContext(.classType, named: "Node", in: pointer + 1)
    #expect(contexts(memory).mangledName(of: node) == nil)
    #expect(contexts(memory).qualifiedName(of: node) == "Node")
    #expect(contexts(memory).parent(of: Address(parent)) == nil)
    #expect(contexts(memory).mangledName(of: Address(parent)) == nil)
    #expect(contexts(memory).qualifiedName(of: Address(parent)) == nil)
  }

  @Test("A name without an end, or that lies nowhere, is none")
  func names() {
    var memory = FakeMemory()
    let module = memory.addModule("App")
    let node = memory.addContext(.classType, named: nil, in: module)
    #expect(contexts(memory).mangledName(of: node) == nil)
    #expect(contexts(memory).qualifiedName(of: node) == nil)
    memory.writeRelative(to: 0x0100_0000, at: node + 8)
    #expect(contexts(memory).mangledName(of: node) == nil)
    let endless = memory.addStatic(size: 2048)
    memory.writeBytes(Array(repeating: UInt8(ascii: "a"), count: 2048), at: endless)
    memory.writeRelative(to: endless, at: node + 8)
    #expect(contexts(memory).mangledName(of: node) == nil)
    // A name in the middle of another's is fine; the terminator of the longest is read over.
    memory.writeBytes([0], at: endless + 5)
    #expect(contexts(memory).mangledName(of: node) == "3App5aaaaaC")
  }

  @Test("Descriptors at the end of the address space wrap nowhere")
  func wrapping() {
    for distance in stride(from: UInt64(8), through: 32, by: 8) {
      var memory = FakeMemory()
      let descriptor = Address(0) - distance
      for offset in stride(from: 0, to: distance, by: 8) {
        memory.write(0xffff_fff1_ffff_fff1, at: descriptor + offset)
      }
      _ = contexts(memory).mangledName(of: descriptor)
      _ = contexts(memory).qualifiedName(of: descriptor)
      _ = GenericContext(of: descriptor, in: memory)
    }
  }
}
