import ELF
import Foundation
import HeapGraph
import Testing

@testable import HeapCapture

/// The memory of this process, some of whose bytes are others.
private struct AlteredMemory: MemoryReader {
  let base: any MemoryReader
  var bytes: [Address: UInt8]

  func read(_ address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = base.read(address, into: buffer)
    for offset in 0..<count {
      if let byte = bytes[address + offset] { buffer[offset] = byte }
    }
    return count
  }
}

@Suite("The check of the runtime's layout") struct LayoutProbeTests {
  private let images: ImageTable
  private let map: MemoryMap
  private let reader = ProcessMemoryReader(process: getpid())

  init() throws {
    map = try #require(ProcessDirectory(process: getpid()).memoryMap())
    images = ImageTable(map)
  }

  private func outcome(
    _ reader: (any MemoryReader)? = nil,
    _ images: ImageTable? = nil
  ) -> LayoutProbe.Outcome {
    let code = AddressRanges(map.regions.filter(\.isExecutable).map(\.range))
    return LayoutProbe(
      images: images ?? self.images,
      reader: reader ?? self.reader,
      isExecutable: code.contains
    ).outcome()
  }

  private var library: ImageTable.Entry {
    get throws {
      try #require(images.entries.first { $0.image.path.contains("/libswiftCore.so") })
    }
  }

  private func address(_ symbol: String) throws -> Address {
    try #require(images.address(of: symbol, in: try library))
  }

  @Test("The runtime of this process is the one that the layouts were written down from")
  func passed() { #expect(outcome() == .passed) }

  @Test(
    "One word that is different is noticed",
    arguments: [
      ("$ss19__EmptyArrayStorageCN", 0, "the head of class metadata"),
      ("$ss19__EmptyArrayStorageCN", 24, "the size of instances in class metadata"),
      ("$ss19__EmptyArrayStorageCN", 41, "the names of classes"),
      ("_swiftEmptyArrayStorage", 1, "the head of objects"),
      ("_swiftEmptyArrayStorage", 8, "the head of objects"),
      ("$sSSMn", 17, "the records of properties"),
    ]
  )
  func failed(symbol: String, offset: UInt64, difference: String) throws {
    let place = try address(symbol) + offset
    let byte = try #require(reader.load(place, as: UInt8.self))
    let memory = AlteredMemory(base: reader, bytes: [place: byte ^ 0x41])
    #expect(outcome(memory) == .failed(difference))
  }

  @Test("A runtime that another clang compiled is of an unknown version")
  func unknownVersion() throws {
    var entry = try library
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: entry.image.path)))
    let mark = Array("clang version 21.".utf8)
    let section = try #require(entry.file.section(named: ".comment"))
    let range = try #require(entry.file.range(of: section))
    let start = try #require(bytes[range].firstRange(of: mark)?.lowerBound)
    bytes[start + mark.count - 2] = UInt8(ascii: "9")
    entry.file = try ELFFile(bytes: bytes, path: entry.image.path)
    #expect(outcome(nil, ImageTable(entries: [entry])) == .passedWithUnknownVersion)
  }

  @Test("Where symbols are gone, a type is found by its name")
  func stripped() throws {
    var entry = try library
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: entry.image.path)))
    // No table of symbols has its type any more.
    for (index, section) in entry.file.sections.enumerated() where [2, 11].contains(section.type) {
      bytes[entry.file.sectionTable.lowerBound + index * 64 + 4] = 1
    }
    entry.file = try ELFFile(bytes: bytes, path: entry.image.path)
    let images = ImageTable(entries: [entry])
    #expect(images.address(of: "$sSSMn", in: entry) == nil)
    #expect(outcome(nil, images) == .passed)
    let place = try address("$sSSMn") + 17
    let byte = try #require(reader.load(place, as: UInt8.self))
    let memory = AlteredMemory(base: reader, bytes: [place: byte ^ 0x41])
    #expect(outcome(memory, images) == .failed("the records of properties"))
  }
}
