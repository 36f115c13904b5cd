import Foundation
import Testing

@testable import WeakReferences

/// Deaths of objects whose classes weren't there when the program started.
@Suite struct LoadedLibraryTests {
  private static let resilient = """
    open class Widget {
      public var name = "a"
      public init() {}
    }
    open class Pair<First, Second> {
      public var pair: (First, Second)?
      public init() {}
    }
    """

  /// A class whose base class is resilient has metadata that is put together at run time.
  private static let plugin = """
    import Resilient
    final class Gear: Widget { var teeth = 3 }
    class Engine<Part>: Gearbox { var part: Part? }
    class Gearbox { deinit { deaths += 1 } }
    final class Couple: Pair<Gear, String> {}
    actor Motor { var speed = 1 }
    nonisolated(unsafe) var deaths = 0

    @_cdecl("plugin_make") public func make(_ number: Int) -> UnsafeMutableRawPointer {
      let makers: [() -> AnyObject] = [
        { Gear() }, { Widget() }, { Gearbox() }, { Engine<Int>() }, { Engine<Gear>() },
        { Couple() }, { Pair<Int, Int>() }, { Motor() },
      ]
      return Unmanaged.passRetained(makers[number]()).toOpaque()
    }
    @_cdecl("plugin_deaths") public func count() -> Int { deaths }
    """

  @Test(
    "of a library that is opened, of a resilient one, and of subclasses of its classes",
    arguments: ["Onone", "O"]
  )
  func loaded(optimization: String) throws {
    let temporary = try TemporaryFolder()
    defer { temporary.remove() }
    let folder = temporary.url
    // The runtime knows a class by its name, and both builds are there at once.
    let (base, plugin) = ("Resilient\(optimization)", "Plugin\(optimization)")
    try compile(
      Self.resilient,
      as: base,
      ["-enable-library-evolution", "-\(optimization)"],
      folder
    )
    try compile(
      Self.plugin.replacing("import Resilient", with: "import \(base)"),
      as: plugin,
      ["-\(optimization)", "-l\(base)", "-Xlinker", "-rpath", "-Xlinker", folder.path],
      folder
    )
    // It stays open until the end: classes are what it has.
    let path = folder.appending(path: "lib\(plugin).so").path
    let library = try #require(
      dlopen(path, RTLD_NOW | RTLD_LOCAL),
      "\(dlerror().map { String(cString: $0) } ?? "")"
    )
    let make = unsafeBitCast(
      try #require(dlsym(library, "plugin_make")),
      to: (@convention(c) (Int) -> UnsafeMutableRawPointer).self
    )
    let deaths = unsafeBitCast(
      try #require(dlsym(library, "plugin_deaths")),
      to: (@convention(c) () -> Int).self
    )
    for number in 0..<8 {
      expectNotice { Unmanaged<AnyObject>.fromOpaque(make(number)).takeRetainedValue() }
    }
    // Their own deinits have run as well.
    #expect(deaths() == 3)
  }

  private func compile(
    _ source: String,
    as module: String,
    _ options: [String],
    _ folder: URL
  ) throws {
    let file = folder.appending(path: "\(module).swift")
    try source.write(to: file, atomically: false, encoding: .utf8)
    let (status, output) = try Compiler.run(
      [
        "-emit-library", "-emit-module", "-module-name", module, file.path, "-o",
        folder.appending(path: "lib\(module).so").path, "-I\(folder.path)", "-L\(folder.path)",
      ] + options
    )
    try #require(status == 0, "\(output)")
  }
}
