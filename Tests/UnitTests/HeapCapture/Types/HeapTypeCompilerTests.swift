import HeapGraph
import Testing

@testable import HeapCapture

/// Metadata that a test writes: mostly damaged, since real metadata is what `TypeLayoutTests` reads.
@Suite struct HeapTypeCompilerTests {
  private static let hostile: [UInt64] = [
    0, 1, 8, 4096, 1 << 47, 1 << 63, .max, .max - 3, .max - 7, .max - 40, 0x7fff_ffff_fff8,
  ]

  /// The kind of the only block.
  private func kind(_ memory: FakeMemory) throws -> HeapType.Kind {
    let graph = try memory.graph()
    return graph.type(of: 0).kind
  }

  @Test("A class needs a descriptor of its kind, a deinit that is code, and a size for its header")
  func classes() throws {
    var memory = FakeMemory()
    let module = memory.addModule("App")
    let node = memory.addClass("Node", in: module)
    _ = memory.addObject(of: node)
    #expect(try self.kind(memory) == .classInstance)
    func kind(_ change: (inout FakeMemory) -> Void) throws -> HeapType.Kind {
      var changed = memory
      change(&changed)
      return try self.kind(changed)
    }
    #expect(try kind { $0.write(0, at: node - Metadata.deallocatingDeinit) } == .raw)
    #expect(try kind { $0.write(0x777, at: node) } == .raw)
    #expect(try kind { $0.write(module, at: node + Metadata.descriptor) } == .raw)
    #expect(try kind { $0.write(node, at: node + Metadata.superclass) } == .raw)
    for size: UInt32 in [0, 15, 1 << 31, .max] {
      #expect(
        try kind { $0.writeNumber(size, at: node + Metadata.instanceSize) } == .raw,
        "\(size)"
      )
    }
    for word in Self.hostile {
      #expect(try kind { $0.write(word, at: node + Metadata.descriptor) } == .raw)
      _ = try kind { $0.write(word, at: node + Metadata.superclass) }
    }
  }

  @Test("A superclass without a descriptor has no properties", arguments: hostile)
  func superclasses(descriptor: UInt64) throws {
    var memory = FakeMemory()
    let module = memory.addModule("App")
    let base = memory.addClass("Base", in: module)
    memory.write(descriptor, at: base + Metadata.descriptor)
    _ = memory.addObject(of: memory.addClass("Node", in: module, superclass: base))
    #expect(try kind(memory) == .classInstance)
  }

  @Test("Contexts and boxes with damaged descriptions are read as words", arguments: hostile)
  func contexts(word: UInt64) throws {
    // A local variable's or closure's, and a generic box's (`MetadataKind.def`).
    for kind: UInt64 in [0x400, 0x500] {
      for offset in [Metadata.firstCaptureOffset, Metadata.captureDescriptor] {
        var memory = FakeMemory()
        let metadata = memory.addClass(descriptor: 0)
        memory.write(kind, 16, 0, at: metadata)
        memory.write(word, at: metadata + offset)
        let target = memory.addObject(of: metadata)
        _ = memory.addObject(of: metadata, [target])
        let graph = try memory.graph()
        #expect(graph.edges(of: 1).map(\.target) == [0])
      }
    }
  }
}
