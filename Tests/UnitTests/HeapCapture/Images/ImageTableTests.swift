import ELF
import Foundation
import HeapGraph
import Testing

@testable import HeapCapture

@Suite struct ImageTableTests {
  /// The tests' own process, and the same with its executable mapped as data at another place.
  @Test(
    "A file that is mapped as data, too, is one image where the loader put it",
    arguments: [false, true]
  )
  func mappedAsData(below: Bool) throws {
    let map = try #require(ProcessDirectory(process: getpid()).memoryMap())
    let images = ImageTable(map)
    let here = InProcess.metadata(ImageTableTests.self)
    let own = try #require(images.entry(containing: here)?.image)

    var changed = map
    let start: Address = below ? 0x10000 : 0x7fff_0000_0000
    let data = MemoryMap.Region(
      range: start..<start + 0x1000_0000,
      isReadable: true,
      isWritable: false,
      isExecutable: false,
      isShared: false,
      offset: 0,
      inode: 1,
      path: own.path
    )
    changed.regions.insert(data, at: below ? 0 : changed.regions.count)
    let found = ImageTable(changed).entries.map(\.image).filter { $0.path == own.path }
    #expect(found == [own])
  }

  @Test(
    "A file that claims more than the address space is an image of what it can have",
    arguments: [1 << 47, 1 << 63, .max, .max - 0xfff] as [UInt64]
  )
  func tooLarge(size: UInt64) throws {
    let path = FileManager.default.temporaryDirectory.path + "/image-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(FakeImage.file(segmentSize: size)).write(to: URL(fileURLWithPath: path))
    let map = MemoryMap(parsing: "7f0000000000-7f0000001000 r--p 00000000 00:01 7 \(path)")
    let image = try #require(ImageTable(map).entries.first?.image)
    #expect(image.range.lowerBound == 0x7f00_0000_0000)
    #expect(image.range.contains(0x7f00_0000_0fff))
  }

  @Test("Symbols are found in the image that has them, and nowhere else")
  func symbols() throws {
    let one = try FakeImage(path: "/lib/one.so", at: 0x4000_0000, functions: ["first", "second"])
    let other = try FakeImage(path: "/lib/other.so", at: 0x5000_0000, functions: ["first"])
    let images = ImageTable(entries: [one.entry, other.entry])
    #expect(images.symbol(containing: one.address(of: "second"))?.name == "second")
    #expect(images.symbol(containing: one.nameless) == nil)
    #expect(images.symbol(containing: 0x6000_0000) == nil)
    #expect(images.address(of: "first", in: other.entry) == other.address(of: "first") - 16)
    #expect(images.symbolName(at: one.address(of: "first") - 16, prefix: "fi") == "first")
    #expect(images.symbolName(at: one.address(of: "first"), prefix: "fi") == nil)
    #expect(images.entry(containing: .max) == nil)
  }
}
