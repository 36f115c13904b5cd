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
    let here = UInt64(
      UInt(bitPattern: unsafeBitCast(ImageTableTests.self, to: UnsafeRawPointer.self))
    )
    let own = try #require(images.entry(containing: here)?.image)

    var changed = map
    let start: UInt64 = below ? 0x10000 : 0x7fff_0000_0000
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
}
