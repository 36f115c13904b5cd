import ELF
import Foundation
import HeapGraph
import Testing

@testable import HeapCapture

@Suite("The files of images") struct ImageFilesTests {
  private let reader = ProcessMemoryReader(process: getpid())

  @Test("Every image of this process has the file that is mapped")
  func own() throws {
    let map = try #require(ProcessDirectory(process: getpid()).memoryMap())
    let trusted = ImageTable(map)
    let compared = ImageTable(map, of: getpid(), reader: reader)
    // Other tests map files of their own, and remove them.
    func lasting(_ paths: [String]) -> [String] { paths.filter { !$0.hasPrefix("/tmp/") } }
    #expect(lasting(compared.replaced).isEmpty)
    #expect(
      lasting(compared.entries.map(\.image.path)) == lasting(trusted.entries.map(\.image.path))
    )
  }

  @Test(
    "A library that was replaced on disk is left out, or read as it is mapped, and never another one"
  )
  func replaced() throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "remnant-images-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let library = folder.appending(path: "libreplaced.so")
    let zlib = "/lib/x86_64-linux-gnu/libz.so.1"
    try FileManager.default.copyItem(
      at: URL(filePath: zlib).resolvingSymlinksInPath(),
      to: library
    )
    let handle = try #require(dlopen(library.path, RTLD_NOW | RTLD_LOCAL))
    defer { dlclose(handle) }
    let mapped = try ELFFile(path: library.path).buildID
    // As package managers do it: a new file takes the name.
    let other = folder.appending(path: "other.so")
    try FileManager.default.copyItem(
      at: URL(filePath: "/lib/x86_64-linux-gnu/libm.so.6").resolvingSymlinksInPath(),
      to: other
    )
    try #require(rename(other.path, library.path) == 0)
    #expect(try ELFFile(path: library.path).buildID != mapped)

    let map = try #require(ProcessDirectory(process: getpid()).memoryMap())
    let images = ImageTable(map, of: getpid(), reader: reader)
    let entry = images.entries.first { $0.image.path == library.path }
    // Only privileged processes may follow the links to mapped files.
    if let entry {
      #expect(entry.file.buildID == mapped)
    } else {
      #expect(images.replaced == [library.path])
    }
  }
}
