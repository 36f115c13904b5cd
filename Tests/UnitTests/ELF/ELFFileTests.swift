import ELF
import Foundation
import Testing

/// Every statement about a file is compared with `readelf`'s.
@Suite struct ELFFileTests {
  enum Sample: String, CaseIterable, CustomTestStringConvertible {
    case testBundle
    case strippedTestBundle
    case libc
    case swiftLibrary
    case staticProgram
    case object

    var testDescription: String { rawValue }

    func path(in folder: TemporaryFolder) throws -> String {
      let copy = folder.path + "/" + rawValue
      switch self {
      case .testBundle: return Self.ownImage
      case .strippedTestBundle:
        try Shell.run("strip", "-o", copy, Self.ownImage)
        return copy
      case .libc: return try #require(Self.image { $1.hasSuffix("/libc.so.6") })
      case .swiftLibrary:
        return try #require(Self.image { $1.hasSuffix("/libswiftSynchronization.so") })
      case .staticProgram:
        try Self.compile("int main(void) { return 0; }", ["-static", "-o", copy])
        return copy
      case .object:
        try Self.compile("int answer(void) { return 42; }", ["-c", "-o", copy])
        return copy
      }
    }

    /// The bundle that these tests are in.
    static var ownImage: String {
      image { $0.contains(UInt(bitPattern: #dsohandle)) && !$1.isEmpty } ?? ""
    }

    private static func image(where matches: (Range<UInt>, String) -> Bool) -> String? {
      // The file states no size: only a handle reads it to its end.
      let contents = try? FileHandle(forReadingAtPath: "/proc/self/maps")?.readToEnd()
      let maps = String(decoding: contents ?? Data(), as: UTF8.self)
      for line in maps.split(separator: "\n") {
        guard let slash = line.firstIndex(of: "/") else { continue }
        let bounds = line.prefix { $0 != " " }.split(separator: "-").compactMap {
          UInt($0, radix: 16)
        }
        let path = String(line[slash...])
        if bounds.count == 2, matches(bounds[0]..<bounds[1], path) { return path }
      }
      return nil
    }

    static func compile(_ source: String, _ arguments: [String]) throws {
      let folder = try TemporaryFolder()
      let file = folder.path + "/source.c"
      try source.write(toFile: file, atomically: false, encoding: .utf8)
      let quoted = (arguments + [file]).map { "'\($0)'" }.joined(separator: " ")
      try Shell.run("sh", "-c", "clang -g0 \(quoted) || cc \(quoted)")
    }
  }

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("Sections are where readelf sees them", arguments: Sample.allCases)
  func sections(sample: Sample) throws {
    let path = try sample.path(in: folder)
    let file = try ELFFile(path: path)
    let expected = try Readelf(path: path).sections()
    #expect(expected.count > 5)
    #expect(
      file.sections.map {
        Readelf.Section(name: $0.name, address: $0.address, offset: $0.offset, size: $0.size)
      } == expected
    )
    #expect(file.sectionTable.count == expected.count * 64)
  }

  @Test("Program headers are what readelf says", arguments: Sample.allCases)
  func programHeaders(sample: Sample) throws {
    let path = try sample.path(in: folder)
    let file = try ELFFile(path: path)
    let expected = try Readelf(path: path).programHeaders()
    #expect(expected.isEmpty == (sample == .object))
    let types: [String: UInt32] = ["LOAD": 1, "DYNAMIC": 2, "INTERP": 3, "NOTE": 4, "TLS": 7]
    #expect(file.programHeaders.count == expected.count)
    for (header, other) in zip(file.programHeaders, expected) {
      #expect(types[other.type].map { $0 == header.type } ?? true)
      #expect(
        [header.offset, header.address, header.fileSize, header.memorySize]
          == [other.offset, other.address, other.fileSize, other.memorySize]
      )
    }
    let loaded = expected.filter { $0.type == "LOAD" }.map(\.address).min()
    #expect(file.lowestAddress == loaded ?? 0)
    #expect(file.isDynamic == expected.contains { $0.type == "DYNAMIC" })
    #expect(file.isDynamic == ![.staticProgram, .object].contains(sample))
  }

  @Test("Build ID, interpreter and entry point are what readelf says", arguments: Sample.allCases)
  func identity(sample: Sample) throws {
    let path = try sample.path(in: folder)
    let file = try ELFFile(path: path)
    let readelf = Readelf(path: path)
    #expect(try file.buildID == readelf.buildID())
    #expect(try file.interpreter == readelf.interpreter())
    #expect(try "0x" + String(file.entryPoint, radix: 16) == readelf.header("Entry point address"))
    #expect(try readelf.header("Machine")?.contains("X86-64") == (file.machine == 62))
    let hasSwift = [.testBundle, .strippedTestBundle, .swiftLibrary].contains(sample)
    #expect(file.hasSwiftSections == hasSwift)
    #expect(!file.lacksFieldRecords)
  }

  @Test("A build ID survives the loss of the section table")
  func buildIDWithoutSections() throws {
    let path = try Sample.libc.path(in: folder)
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let expected = try #require(try ELFFile(bytes: bytes).buildID)
    // e_shoff, e_shnum and e_shstrndx, as sstrip leaves them.
    for offset in Array(40..<48) + Array(60..<64) { bytes[offset] = 0 }
    let file = try ELFFile(bytes: bytes)
    #expect(file.sections.isEmpty)
    #expect(file.buildID == expected)
  }

  @Test("What isn't 64-bit little-endian ELF is refused with a reason")
  func refusals() throws {
    #expect(throws: ELFError.notELF("x")) { try ELFFile(bytes: [], path: "x") }
    #expect(throws: ELFError.notELF("x")) {
      try ELFFile(bytes: Array("#!/bin/sh\n".utf8) + [UInt8](repeating: 10, count: 100), path: "x")
    }
    var bytes = [0x7f, 0x45, 0x4c, 0x46, 1, 1] + [UInt8](repeating: 0, count: 58)
    for (wordSize, order) in [(1, 1), (2, 2), (0, 0), (255, 1)] as [(UInt8, UInt8)] {
      bytes[4] = wordSize
      bytes[5] = order
      #expect(throws: ELFError.self) { try ELFFile(bytes: bytes) }
    }
    bytes[4] = 2
    bytes[5] = 1
    let empty = try ELFFile(bytes: bytes)
    #expect(empty.sections.isEmpty && empty.programHeaders.isEmpty && !empty.isDynamic)
    for path in ["/nonexistent/file", "/proc", "/dev/null", ""] {
      #expect(throws: ELFError.self) { try ELFFile(path: path) }
    }
  }
}
