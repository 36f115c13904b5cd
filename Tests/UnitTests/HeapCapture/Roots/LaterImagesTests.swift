import HeapGraph
import Testing

@testable import HeapCapture

@Suite("Libraries that are loaded later, beside an allocator whose memory is known")
struct LaterImagesTests {
  private static let lastImage: Address = 0x1000

  /// The loader's list after the last image whose calls are recorded: of each, where its dynamic section is.
  private func freeMemory(
    after sections: [Address],
    _ images: [FakeImage] = [],
    isCircle: Bool = false
  ) -> AllocationTable.FreeMemory {
    var memory = FakeMemory()
    let places = sections.indices.map { Self.lastImage + ($0 + 1) * 0x100 }
    for (index, place) in ([Self.lastImage] + places).enumerated() {
      let next = index < places.count ? places[index] : isCircle ? Self.lastImage : 0
      memory.write(0, 0, index == 0 ? 0 : sections[index - 1], next, at: place)
    }
    var tables = AllocationTable()
    tables.freeMemory = .within([0x8000..<0x9000], lastImage: Self.lastImage)
    return tables.withCheckedFreeMemory(ImageTable(entries: images.map(\.entry)), memory).freeMemory
  }

  private let known = AllocationTable.FreeMemory.within(
    [0x8000..<0x9000],
    lastImage: Self.lastImage
  )

  @Test("None, or one that takes its blocks from malloc: the memory stays known")
  func harmless() throws {
    let image = try FakeImage(
      path: "/lib/libc-plugin.so",
      at: 0x10_0000,
      functions: ["malloc"],
      hasDynamicSymbols: true
    )
    #expect(freeMemory(after: []) == known)
    #expect(freeMemory(after: [0x10_0100], [image]) == known)
  }

  @Test(
    "One that takes blocks without a record: these would pass for free memory",
    arguments: ["_Znwm", "_ZnamSt11align_val_t", "mallocx"]
  )
  func plugin(function: String) throws {
    let image = try FakeImage(
      path: "/lib/libplugin.so",
      at: 0x10_0000,
      functions: [function],
      hasDynamicSymbols: true
    )
    #expect(freeMemory(after: [0x10_0100], [image]) == .unknown)
  }

  @Test("One that isn't known, and a list that is damaged, leave it unknown")
  func damaged() throws {
    #expect(freeMemory(after: [0x20_0000]) == .unknown)
    let image = try FakeImage(path: "/lib/libplugin.so", at: 0x10_0000)
    #expect(freeMemory(after: [0x10_0100], [image], isCircle: true) == .unknown)
    var tables = AllocationTable()
    tables.freeMemory = known
    #expect(
      tables.withCheckedFreeMemory(ImageTable(entries: []), FakeMemory()).freeMemory == .unknown
    )
  }
}
