import ELF
import Foundation
import TestSupport
import Testing

@testable import Symbolication

/// Real programs, read by the tool's own child process.
@Suite struct VariableReadingTests {
  @Test(
    "Every version of debug information, compressed or not, names what a suspended function has",
    arguments: [
      ["-Onone", "-g"], ["-O", "-g"], ["-Onone", "-g", "-dwarf-version=5"],
      ["-O", "-g", "-dwarf-version=5"], ["-O", "-g", "-wmo"],
    ]
  )
  func versions(options: [String]) throws {
    let program = try VariableProgram(options)
    let compressed = VariableProgram(path: program.path + "-compressed")
    try Shell.run("objcopy", "--compress-debug-sections", program.path, compressed.path)
    for program in [program, compressed] {
      let listening = try program.variables(of: "4FeedC6listenyyFyyYacfU_T")
      #expect(listening.failure == nil)
      let ownParts = listening.byFunction.filter { !$0.key.contains("_TATQ") }
      #expect(ownParts.count >= 2)
      let captures = ownParts.values.compactMap { $0.first { $0.name == "self" } }
      // Optimized code keeps it while it is needed.
      #expect(options[0] == "-O" ? captures.count >= 2 : captures.count == ownParts.count)
      for captured in captures {
        #expect(captured.className == "Feed")
        #expect(captured.isParameter)
        #expect(captured.size == 8)
        #expect(captured.offset % 8 == 0)
      }
    }
  }

  @Test("The variables in scope at the await are named, the others aren't")
  func scopes() throws {
    let functions = try VariableProgram(["-Onone", "-g"]).variables(of: "4loop4over5first")
    let names = functions.byFunction.values.map { Set($0.map(\.name)) }
    #expect(names.allSatisfy { $0.isSuperset(of: ["feeds", "first"]) })
    #expect(names.contains { $0.contains("feed") && !$0.contains("late") })
    #expect(names.contains { $0.contains("late") && !$0.contains("feed") })
    #expect(names.contains { !$0.contains("late") && !$0.contains("feed") })
  }

  @Test("Optimized code names fewer, and only what it keeps")
  func optimized() throws {
    let functions = try VariableProgram(["-O", "-g"]).variables(of: "4loop4over5first")
    #expect(functions.failure == nil)
    for variable in functions.byFunction.values.joined() {
      // `self` is a variable of what was inlined.
      #expect(["feeds", "first", "feed", "late", "self"].contains(variable.name))
    }
  }

  @Test("A program without debug information, one that isn't there, and no program are failures")
  func missing() throws {
    let program = try VariableProgram(["-Onone", "-g"])
    let bare = program.path + "-bare"
    try Shell.run("objcopy", "--strip-debug", program.path, bare)
    let hasDebugInformation = try [program.path, bare].map {
      try ELFFile(path: $0).hasDebugInformation
    }
    #expect(hasDebugInformation == [true, false])
    let failure = try VariableProgram(path: bare).variables(of: "listen").failure
    #expect(failure == .damaged)
    let reader = try VariableReader(program: Built.tool())
    #expect(reader.variables(ofFunctionsAt: [1], in: "/nowhere").failure == .damaged)
    let absent = VariableReader(program: "/nowhere")
    #expect(absent.variables(ofFunctionsAt: [1], in: program.path).failure == .damaged)
  }

  @Test("Functions that debug information doesn't know have no variables")
  func unknown() throws {
    let program = try VariableProgram(["-Onone", "-g"])
    let answer = try VariableReader(program: Built.tool())
      .variables(ofFunctionsAt: [0, 1, .max], in: program.path)
    #expect(answer.failure == nil)
    #expect(answer.variables.isEmpty)
  }

  @Test(
    "Damaged debug information costs names, and nothing else",
    arguments: [".debug_info", ".debug_abbrev", ".debug_str", ".debug_line", ".debug_loc"]
  )
  func damaged(section: String) throws {
    // Only optimized code has variables that change places.
    let program = try VariableProgram([section == ".debug_loc" ? "-O" : "-Onone", "-g"])
    let file = try ELFFile(path: program.path)
    let part = try #require(file.section(named: section).flatMap { file.range(of: $0) })
    let intact = try Data(contentsOf: URL(filePath: program.path))
    let symbols = try VariableProgram.resumptions(in: program.path, "3App")
    let reader = try VariableReader(program: Built.tool())
    let damaged = program.path + "-damaged"
    var random = SplitMix64(state: 33)
    for round in 0..<24 {
      var contents = intact
      switch round {
      case 0: contents.replaceSubrange(part, with: repeatElement(0, count: part.count))
      case 1: contents.replaceSubrange(part, with: repeatElement(0xff, count: part.count))
      default:
        for _ in 0..<(1 << (round % 8)) {
          contents[Int.random(in: part, using: &random)] ^=
            1 << UInt8.random(in: 0..<8, using: &random)
        }
      }
      try contents.write(to: URL(filePath: damaged))
      let answer = reader.variables(ofFunctionsAt: Array(symbols.keys), in: damaged)
      // Whatever is named is named for a function that was asked about.
      #expect(Set(answer.variables.keys).isSubset(of: Set(symbols.keys)))
    }
    let end = try #require(file.section(named: section))
    try intact.prefix(Int(end.offset) + Int(end.size) / 2).write(to: URL(filePath: damaged))
    #expect(reader.variables(ofFunctionsAt: [1], in: damaged).failure == .damaged)
  }

  @Test("A reader that crashes, hangs, or prints nonsense is a failure, and no more")
  func mishaps() throws {
    let folder = try ExampleProgram.makeFolder()
    func reader(_ commands: String) throws -> VariableReader {
      let path = folder + "/" + UUID().uuidString
      try "#!/bin/sh\n\(commands)\n".write(toFile: path, atomically: false, encoding: .utf8)
      try Shell.run("chmod", "+x", path)
      return VariableReader(program: path)
    }
    let lines = #"printf 'function 1 $s3App4waityyYaFTY0_\nvariable 0 40 8 1 -\tself\n'"#
    let crashing = try reader("\(lines); kill -KILL $$").variables(ofFunctionsAt: [1], in: "")
    #expect(crashing.failure == .damaged)
    #expect(crashing.variables[1]?.map(\.name) == ["self"])
    let failing = try reader("\(lines); exit 4").variables(ofFunctionsAt: [1], in: "")
    #expect(failing.failure == .noLibrary)
    var hanging = try reader("exec sleep 1000")
    hanging.timeLimit = 0.1
    #expect(hanging.variables(ofFunctionsAt: [1], in: "").failure == .damaged)
    let talking = try reader("head -c 1000000 /dev/urandom").variables(ofFunctionsAt: [1], in: "")
    #expect(talking.failure == nil)
  }
}
