import HeapGraph
import Testing

@testable import HeapCapture

@Suite struct FakeMemoryTests {
  @Test("Two objects and a side table make a graph of three nodes")
  func twoObjects() throws {
    var memory = FakeMemory()
    let module = memory.addModule("App")
    let node = memory.addClass("Node", in: module, instanceSize: 24)
    let leaf = memory.addObject(of: node, [0], strong: 3, unowned: 2)
    let root = memory.addObject(of: node, [leaf])
    _ = memory.addSideTable(of: root, weak: 4)
    let graph = try memory.graph()
    #expect(graph.types[Int(graph.typeIndices[0])].name == "App.Node")
    #expect(graph.strongCounts == [3, 1, 0])
    #expect(graph.unownedCounts == [2, 0, 0])
    #expect(graph.weakCounts == [0, 4, 0])
    #expect(graph.states == [.live, .live, .raw])
    // Nothing is known of the class but its size.
    #expect(graph.edges(of: 1).map(\.target) == [0])
    #expect(graph.edges(of: 1).map { graph.label(of: $0).ownership } == [.conservative])
    #expect(graph.edges(of: 0).isEmpty)
  }

  @Test("Reads end where nothing was written")
  func reading() {
    var memory = FakeMemory()
    memory.write(0x0807_0605_0403_0201, at: 0x1000)
    memory.writeNumber(UInt16(0xffee), at: 0x1007)
    #expect(memory.bytes(0x1001, count: 8) == [2, 3, 4, 5, 6, 7, 0xee, 0xff])
    #expect(memory.bytes(0x1001, count: 16) == nil)
    memory.reserve(0x2000..<0x3000)
    #expect(memory.load(0x2ff8, as: UInt64.self) == 0)
    #expect(memory.load(0x2ffc, as: UInt64.self) == nil)
    memory.write(7, at: 0xffff_ffff_ffff_fff8)
    #expect(memory.load(.max - 7, as: UInt64.self) == 7)
    #expect(memory.load(.max - 6, as: UInt64.self) == nil)
    #expect(memory.writtenPages(of: 0x1000..<0x3000) == [0x1000..<0x2000])
  }

  @Test("Damage hides single words of a memory")
  func damage() {
    var sound = FakeMemory()
    sound.write(1, 2, 3, at: 0x1000)
    var damaged = DamagedMemory(sound: sound)
    damaged.damage.write(9, at: 0x1008)
    #expect(damaged.load(0x1000, as: UInt64.self) == 1)
    #expect(damaged.load(0x1008, as: UInt64.self) == 9)
    #expect(damaged.bytes(0x1010, count: 16) == nil)
  }
}
