import ELF
import Foundation
import HeapGraph
import Symbolication
import Testing

@Suite struct SymbolicatorTests {
  typealias Program = ExampleProgram

  private static let bind = "$s3App3PetC4bind4withySS_tF"

  /// The program as if it were mapped at `loadBias`, and nothing else.
  private func symbolicator(
    _ path: String,
    buildID: String?? = nil,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> Symbolicator {
    let bias = Program.loadBias
    let image = LoadedImage(
      path: path,
      buildID: buildID ?? (try? ELFFile(path: path))?.buildID,
      loadBias: bias,
      range: bias..<bias + 0x100_0000
    )
    return Symbolicator(images: [image], environment: environment)
  }

  @Test("A file that isn't the one that was mapped names nothing")
  func replaced() throws {
    let program = try Program.built(.debug)
    let address = try returnAddress(program, "$s3App4markyyF", in: Self.bind)
    let frames = symbolicator(program.path, buildID: "0123abcd").frames(at: address)
    #expect(frames.map(\.file) == [nil])
    #expect(frames.allSatisfy { !$0.function.contains("bind") })
  }

  private func returnAddress(
    _ program: Program,
    _ callee: String,
    in caller: String
  ) throws -> UInt64 {
    Program.loadBias + (try #require(program.returnAddress(of: callee, in: caller)))
  }

  @Test("A call has its function, file and line", arguments: Program.Build.allCases)
  func calls(build: Program.Build) throws {
    let program = try Program.built(build)
    let address = try returnAddress(program, "$s3App4markyyF", in: Self.bind)
    let frames = symbolicator(program.path).frames(at: address)
    #expect(frames.map(\.function) == ["Pet.bind(with:)"])
    let frame = try #require(frames.last)
    #expect(frame.mangledName == Self.bind)
    #expect(frame.line == Program.line("method call"))
    #expect(frame.file?.hasSuffix("/main.swift") == true)
    #expect(frame.image == name(of: program.path))
    #expect(!frame.isLibraryFrame)
  }

  @Test("Inlined functions are frames of their own, innermost first")
  func inlinedFrames() throws {
    let program = try Program.built(.optimized)
    let address = try returnAddress(program, "$s3App4markyyF", in: "$s3App5outeryyF")
    let frames = symbolicator(program.path).frames(at: address)
    #expect(frames.map(\.function) == ["inlined()", "outer()"])
    #expect(frames.map(\.line) == [Program.line("inlined call"), Program.line("outer call")])
  }

  @Test("Part of an async function has the function's name and the line of the call")
  func asynchronousCall() throws {
    let program = try Program.built(.debug)
    let load = "$s3App4loadySiAA3PetCYaKF"
    let part = try #require(
      program.symbol {
        $0.hasPrefix(load) && program.returnAddress(of: "$s3App4markyyF", in: $0) != nil
      }
    )
    #expect(part != load)
    let address = try returnAddress(program, "$s3App4markyyF", in: part)
    let frames = symbolicator(program.path).frames(at: address)
    #expect(frames.map(\.function) == ["load(_:)"])
    #expect(frames.map(\.line) == [Program.line("asynchronous call")])
  }

  /// What is known of a closure by the place in its line's comment.
  private struct Expected {
    var comment: String
    var number: String
    var name: String
    var capturesSelf: Bool
  }

  private static let closures = [
    Expected(comment: "with self", number: "yycfU_", name: "closure #1", capturesSelf: true),
    Expected(comment: "without self", number: "yycfU0_", name: "closure #2", capturesSelf: false),
    Expected(comment: "weakly", number: "yycfU2_", name: "closure #4", capturesSelf: true),
    Expected(comment: "later", number: "yyYacfU3_", name: "closure #5", capturesSelf: true),
  ]

  @Test(
    "A stored closure is named and found through its forwarder, and says whether it captures self",
    arguments: Program.Build.allCases
  )
  func closures(build: Program.Build) throws {
    let program = try Program.built(build)
    for expected in Self.closures {
      // What is stored is the forwarder, of an async closure the record of the forwarder.
      let isAsync = expected.number.hasPrefix("yyYa")
      let symbol = Self.bind + expected.number + (isAsync ? "TATu" : "TA")
      let pointer = Program.loadBias + (try #require(program.symbols[symbol], "\(symbol)"))
      let closure = try #require(symbolicator(program.path).closure(at: pointer))
      #expect(closure.name == expected.name + " in Pet.bind(with:)")
      #expect(closure.capturesSelf == expected.capturesSelf, "\(expected.comment)")
      #expect(closure.file?.hasSuffix("/main.swift") == true, "\(expected.comment)")
      let line = try #require(Program.line(expected.comment))
      // A closure begins at its brace, or with the first statement that is left of it.
      let range = line - (isAsync ? 2 : 1)...line
      #expect(closure.line.map(range.contains) == true, "\(expected.comment): \(closure)")
    }
  }

  @Test("Nested closures, method references and functions are told from closures with self")
  func otherFunctions() throws {
    let program = try Program.built(.debug)
    let symbolicator = symbolicator(program.path)
    func closure(_ symbol: String) throws -> ClosureDescription? {
      symbolicator.closure(at: Program.loadBias + (try #require(program.symbols[symbol])))
    }
    let nested = try #require(try closure(Self.bind + "yycfU1_yycfU_TA"))
    #expect(nested.name == "closure #1 in closure #3 in Pet.bind(with:)")
    #expect(nested.capturesSelf)
    #expect(nested.line == Program.line("nested"))
    #expect(try closure(Self.bind + "SSSicfu_")?.name == "implicit closure #1 in Pet.bind(with:)")
    // A method has a self that it doesn't capture.
    let method = try #require(try closure(Self.bind))
    #expect(method.name == "Pet.bind(with:)")
    #expect(!method.capturesSelf)
    let thunk = try #require(program.symbol { $0.hasPrefix("$s") && $0.hasSuffix("TR") })
    #expect(try closure(thunk) == nil)
  }

  @Test("A stripped program has places in its file instead of names, and never an empty frame")
  func stripped() throws {
    let program = try Program.built(.debug)
    let copy = program.path + "-stripped"
    try Shell.run("strip", "-o", copy, program.path)
    let symbolicator = symbolicator(copy)
    let address = try returnAddress(program, "$s3App4markyyF", in: Self.bind)
    let frames = symbolicator.frames(at: address)
    // The same in every run, wherever the program was loaded.
    let offset = String(address - 1 - Program.loadBias, radix: 16)
    #expect(frames.map(\.function) == ["debug-stripped+0x\(offset)"])
    #expect(
      frames.allSatisfy { $0.image == name(of: copy) && !$0.isLibraryFrame && $0.file == nil }
    )
    let pointer = try #require(program.symbols[Self.bind + "yycfU_TA"])
    #expect(symbolicator.closure(at: Program.loadBias + pointer) == nil)
  }

  @Test("Addresses outside of every image are frames of their digits")
  func unknownAddresses() throws {
    let symbolicator = symbolicator(try Program.built(.debug).path)
    for address: UInt64 in [0, 1, 0x1234, Program.loadBias, .max, .max - 1, 1 << 63] {
      let frames = symbolicator.frames(at: address)
      #expect(frames.count == 1)
      #expect(frames.allSatisfy { $0.function.hasPrefix("0x") && $0.isLibraryFrame })
      #expect(symbolicator.closure(at: address)?.name.isEmpty != true)
      #expect(symbolicator.global(at: address) == nil)
    }
    let missing = self.symbolicator("/nonexistent/program")
    #expect(missing.frames(at: Program.loadBias + 0x1000).map(\.function).first?.isEmpty == false)
    #expect(Symbolicator(images: []).frames(at: 0x1000).map(\.function) == ["0xfff"])
  }

  @Test("Without a symbolizer names come from symbols, and the report can say why")
  func noSymbolizer() throws {
    let program = try Program.built(.debug)
    let address = try returnAddress(program, "$s3App4markyyF", in: Self.bind)
    for environment in [["PATH": ""], ["PATH": "/nonexistent"]] {
      let symbolicator = symbolicator(program.path, environment: environment)
      #expect(symbolicator.limitations.count == 1)
      #expect(symbolicator.limitations.first?.contains("llvm-symbolizer") == true)
      let frames = symbolicator.frames(at: address)
      #expect(frames.map(\.function) == ["Pet.bind(with:)"])
      #expect(frames.map(\.mangledName) == [Self.bind])
      #expect(frames.allSatisfy { $0.file == nil && $0.line == nil })
      let pointer = Program.loadBias + (try #require(program.symbols[Self.bind + "yycfU_TA"]))
      let closure = symbolicator.closure(at: pointer)
      #expect(closure?.name == "closure #1 in Pet.bind(with:)")
      #expect(closure?.capturesSelf == false && closure?.line == nil)
    }
    #expect(symbolicator(program.path).limitations.isEmpty)
  }

  @Test("A symbolizer that fails costs lines, not names", arguments: ["exit 1", "echo nonsense"])
  func failingSymbolizer(script: String) throws {
    let program = try Program.built(.debug)
    let folder = try Program.makeFolder()
    let tool = folder + "/llvm-symbolizer"
    try "#!/bin/sh\n\(script)\n".write(toFile: tool, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: tool)
    let symbolicator = symbolicator(program.path, environment: ["PATH": folder])
    let address = try returnAddress(program, "$s3App4markyyF", in: Self.bind)
    #expect(symbolicator.frames(at: address).map(\.function) == ["Pet.bind(with:)"])
    #expect(symbolicator.frames(at: address).allSatisfy { $0.line == nil })
    #expect(!symbolicator.limitations.isEmpty)
  }

  @Test(
    "Paths with spaces, quotes and other characters are asked about",
    arguments: ["a b", #"say "hi""#, "it's", "ä€😀", #"back\slash"#, "tab\tbed"]
  )
  func oddPaths(name: String) throws {
    let frame = try frame(ofProgramIn: name)
    #expect(frame?.function == "Pet.bind(with:)")
    #expect(frame?.line == Program.line("method call"))
  }

  @Test(
    "A path that the symbolizer can't be told costs the line, not the name",
    arguments: [#"it's "both""#, "li\nne"]
  )
  func unspeakablePaths(name: String) throws {
    let frame = try frame(ofProgramIn: name)
    #expect(frame?.function == "Pet.bind(with:)")
    #expect(frame?.line == nil)
  }

  /// The frame of the method call in a copy of the program.
  private func name(of path: String) -> String { URL(filePath: path).lastPathComponent }

  private func frame(ofProgramIn name: String) throws -> SymbolicatedFrame? {
    let program = try Program.built(.debug)
    let folder = try Program.makeFolder() + "/" + name
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let copy = folder + "/program"
    try FileManager.default.copyItem(atPath: program.path, toPath: copy)
    let address = try returnAddress(program, "$s3App4markyyF", in: Self.bind)
    let frames = symbolicator(copy).frames(at: address)
    #expect(frames.count == 1)
    return frames.first
  }

  @Test("Frames of the toolchain and the system are library frames with names")
  func libraries() throws {
    // The file states no size: only a handle reads it to its end.
    let handle = try #require(FileHandle(forReadingAtPath: "/proc/self/maps"))
    let maps = String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
    let core = try #require(
      maps.split(separator: "\n").first { $0.hasSuffix("/libswiftCore.so") }?
        .split(separator: " ").last.map(String.init)
    )
    let line = try #require(
      try Shell.run("nm", "-D", core).split(separator: "\n").first {
        $0.hasSuffix(" $sSS5countSivg")
      }
    )
    let offset = try #require(UInt64(line.prefix { $0 != " " }, radix: 16))
    let frames = symbolicator(core).frames(at: Program.loadBias + offset + 1)
    #expect(frames.map(\.function) == ["String.count.getter"])
    #expect(frames.allSatisfy { $0.isLibraryFrame && $0.image == name(of: core) && $0.line == nil })
  }

  @Test("Globals and static properties are named by their storage, other places by their symbol")
  func globals() throws {
    let program = try Program.built(.debug)
    let symbolicator = symbolicator(program.path)
    func name(_ symbol: String) throws -> String? {
      symbolicator.global(at: Program.loadBias + (try #require(program.symbols[symbol])))
    }
    #expect(try name("$s3App3PetC6sharedACvpZ") == "static Pet.shared")
    #expect(try name("$s3App7numbersSaySiGvp") == "numbers")
    #expect(try name("$s3App4markyyF") == "mark()")
  }
}
