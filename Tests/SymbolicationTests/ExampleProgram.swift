import Foundation
import Synchronization

/// A small Swift program, compiled in several ways when a test first asks for it.
struct ExampleProgram: Sendable {
  let path: String
  /// Addresses in the file by the linker's name.
  let symbols: [String: UInt64]
  private let disassembly: [Substring]

  enum Build: String, CaseIterable, Sendable {
    case debug
    case optimized
  }

  /// Where the tests pretend that the program was loaded.
  static let loadBias: UInt64 = 0x5555_5000_0000

  static let debug = Result { try ExampleProgram(.debug) }
  static let optimized = Result { try ExampleProgram(.optimized) }

  static func built(_ build: Build) throws -> ExampleProgram {
    switch build {
    case .debug: try debug.get()
    case .optimized: try optimized.get()
    }
  }

  private init(_ build: Build) throws {
    let folder = try Self.makeFolder()
    let file = folder + "/main.swift"
    try Self.source.write(toFile: file, atomically: false, encoding: .utf8)
    path = folder + "/" + build.rawValue
    try Shell.run(
      "swiftc",
      "-module-name",
      "App",
      build == .debug ? "-Onone" : "-O",
      "-g",
      file,
      "-o",
      path
    )
    var symbols: [String: UInt64] = [:]
    for line in try Shell.run("nm", path).split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 2)
      if parts.count == 3 { symbols[String(parts[2])] = UInt64(parts[0], radix: 16) }
    }
    self.symbols = symbols
    disassembly = try Shell.run("objdump", "-d", "--no-show-raw-insn", path).split(separator: "\n")
  }

  static func makeFolder() throws -> String {
    let path = NSTemporaryDirectory() + "remnant-symbolication-tests-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    _ = removalAtExit
    folders.withLock { $0.append(path) }
    return path
  }

  /// Programs are used until the last test is done: their folders go with the process.
  private static let folders = Mutex<[String]>([])
  private static let removalAtExit: Void = {
    atexit {
      for path in ExampleProgram.folders.withLock({ $0 }) {
        try? FileManager.default.removeItem(atPath: path)
      }
    }
  }()

  /// The first symbol for which the condition holds, in order of name.
  func symbol(where matches: (String) -> Bool) -> String? {
    symbols.keys.sorted().first(where: matches)
  }

  /// Where a call of one function in another returns to, in the file.
  func returnAddress(of callee: String, in caller: String) -> UInt64? {
    guard let start = disassembly.firstIndex(where: { $0.hasSuffix(" <\(caller)>:") }) else {
      return nil
    }
    let body = disassembly[(start + 1)...].prefix { !$0.hasSuffix(">:") }
    guard let call = body.firstIndex(where: { $0.contains("call ") && $0.hasSuffix("<\(callee)>") })
    else { return nil }
    let address = disassembly[call + 1].split(separator: ":")[0]
    return UInt64(address.trimmingCharacters(in: .whitespaces), radix: 16)
  }

  /// The line of the source that ends with a comment.
  static func line(_ comment: String) -> Int? {
    source.split(separator: "\n", omittingEmptySubsequences: false)
      .firstIndex { $0.hasSuffix("// \(comment)") }.map { $0 + 1 }
  }

  static let source = """
    @inline(never) func mark() { counter += 1 }
    nonisolated(unsafe) var counter = CommandLine.argc
    @inline(__always) func inlined() {
      mark()  // inlined call
    }
    @inline(never) func outer() {
      counter += 2
      inlined()  // outer call
      counter += 3
    }
    final class Counter {
      var total = 0
      @inline(__always) func add(_ number: Int) {
        total += number
        print(total)
      }
    }
    final class Pet {
      static let shared = Pet()
      var name = "x"
      var counter = Counter()
      var withSelf: (() -> Void)?
      var withoutSelf: (() -> Void)?
      var nested: (() -> Void)?
      var weakly: (() -> Void)?
      var reference: ((Int) -> String)?
      var later: (() async -> Void)?
      var general: Any?
      var size: Int { name.count }
      @inline(never) func bind(with suffix: String) {
        mark()  // method call
        withSelf = {
          self.name += suffix  // with self
        }
        let counter = self.counter
        withoutSelf = {
          counter.add(suffix.count)  // without self
        }
        nested = {
          let inner = { self.name += "y" }  // nested
          numbers.forEach { _ in inner() }
        }
        weakly = { [weak self] in
          self?.name = "weak"  // weakly
        }
        reference = Pet.convert
        later = {
          await Task.yield()
          self.name += suffix  // later
        }
        general = { (number: Int) in self.name += "\\(number)" }
      }
      @inline(never) static func convert(_ number: Int) -> String { "\\(number)" }
      subscript(index: Int) -> Int { index + name.count }
      deinit { mark() }
    }
    struct Box<Value> {
      var value: Value
      @inline(never) func getter() -> () -> Value {
        mark()  // generic call
        return { self.value }
      }
    }
    extension Box where Value == Int {
      @inline(never) func twice() -> Int { value * 2 }
    }
    private func hidden() -> Int { 3 }
    @inline(never) func load(_ pet: Pet) async throws -> Int {
      await Task.yield()
      pet.name += "a"
      try await Task.sleep(nanoseconds: 1)
      mark()  // asynchronous call
      return hidden()
    }
    nonisolated(unsafe) var numbers = [1, 2]
    nonisolated(unsafe) let pet = Pet()
    pet.bind(with: "q")
    outer()
    pet.withSelf?()
    pet.withoutSelf?()
    pet.nested?()
    pet.weakly?()
    print(pet.reference?(1) ?? "", pet[1], pet.size, Pet.shared.name)
    print(Box(value: 3).getter()(), Box(value: "s").getter()(), Box(value: counter).value)
    print(Box(value: 4).twice(), pet.general ?? "")
    let task = Task { try? await load(pet) }
    _ = await task.value
    await pet.later?()
    let top: () -> Void = { print(pet.name) }
    top()
    """
}

enum Shell {
  struct Failed: Error {
    var command: String
    var status: Int32
    var output: String
  }

  /// Runs a command to its end and returns what it printed.
  @discardableResult
  static func run(_ arguments: String...) throws -> String { try run(arguments) }

  @discardableResult
  static func run(_ arguments: [String]) throws -> String {
    let command = arguments.map { "'" + $0.replacing("'", with: #"'\''"#) + "'" }.joined(
      separator: " "
    )
    guard let stream = popen(command + " 2>&1", "re") else {
      throw Failed(command: command, status: errno, output: "")
    }
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, stream), count > 0 {
      output += chunk[..<count]
    }
    let status = pclose(stream)
    let text = String(decoding: output, as: UTF8.self)
    guard status == 0 else { throw Failed(command: command, status: status, output: text) }
    return text
  }
}

extension Result where Failure == any Error {
  fileprivate init(_ make: () throws -> Success) { self.init(catching: make) }
}
