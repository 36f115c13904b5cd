import Foundation
import TestSupport
import Testing

@testable import ProgramRunner

@Suite struct RecorderTests {
  @Test("LD_PRELOAD gets a path as it is where it can hold it")
  func plainPath() {
    #expect(Recorder.preloadName(of: "/opt/remnant/lib/x.so") == "/opt/remnant/lib/x.so")
  }

  @Test(
    "A path with spaces or colons is preloaded under a name without them",
    arguments: [" ", ":"]
  )
  func divider(_ divider: String) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write("a\(divider)b.so", "the library")
    let name = Recorder.preloadName(of: folder.file("a\(divider)b.so").path)
    #expect(!name.contains(divider))
    #expect(try String(contentsOfFile: name, encoding: .utf8) == "the library")
    if let descriptor = Int32(URL(filePath: name).lastPathComponent) { close(descriptor) }
  }

  @Test("The parts of the tool are looked for beside the command, then where it installs them")
  func places() throws {
    let places = Installation.candidates("x", in: ["", "../lib/remnant"])
    let command = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let folder = URL(filePath: command).deletingLastPathComponent()
    #expect(
      places == [
        folder.path + "/x",
        folder.deletingLastPathComponent().path + "/lib/remnant/x",
      ]
    )
    #expect(Recorder.searched.count == 3)
  }
}
