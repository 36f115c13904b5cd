import Foundation
import TestSupport
import Testing

/// One plausible mistake at the command line, and the answer that helps.
struct Mistake: Sendable, CustomTestStringConvertible {
  var arguments: [String]
  var status: Int32
  /// What happened, and to what.
  var message: String
  /// What to do in that very case.
  var remedy: String
  var environment: [String: String] = [:]

  var testDescription: String { "remnant \(arguments.joined(separator: " "))" }

  init(
    _ command: String,
    _ status: Int32,
    _ message: String,
    _ remedy: String,
    environment: [String: String] = [:]
  ) {
    arguments = command.split(separator: " ").map(String.init)
    self.status = status
    self.message = message
    self.remedy = remedy
    self.environment = environment
  }

  /// What the mistakes name: none of it has to be built.
  static func makeFiles(in folder: TemporaryFolder) throws {
    func write(_ name: String, _ bytes: [UInt8], mode: Int = 0o644) throws {
      let file = folder.file(name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(),
        withIntermediateDirectories: true
      )
      try Data(bytes).write(to: file)
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    }
    let program = Array(try Data(contentsOf: URL(filePath: "/bin/echo")))
    try write("server", program, mode: 0o755)
    try write("plain", program)
    var other = program
    other[18] = 0xb7  // e_machine: EM_AARCH64
    try write("arm", other, mode: 0o755)
    other = program
    other[4] = 1  // EI_CLASS: ELFCLASS32
    try write("narrow", other, mode: 0o755)
    try write("empty", [], mode: 0o755)
    try write("notes", Array("-1 is no report\n".utf8))
    try write("script.sh", Array("#!/bin/sh\necho ran\n".utf8))
    try write("lost.sh", Array("#!/no/such/shell\n".utf8), mode: 0o755)
    try write("main.swift", Array("print(1)\n".utf8))
    try write("folder/inner", [])
    try write("empty.json", [])
    try write("page.html", Array("<!DOCTYPE html>\n<p>-2</p>\n".utf8))
    try write("cut.json", Array("{\n  \"schemaVersion\" : 1,\n  \"findings\" : [\n".utf8))
    try write("newer.json", Array("{\"schemaVersion\" : 9}\n".utf8))
    try write("other.json", Array("{\"a\" : 1}\n".utf8))
    try write("baseline.json", Array("{\"baselineVersion\" : 1, \"findings\" : []}\n".utf8))
    try write("known.supp", Array("leak:App.Owner\n".utf8))
    for (name, text) in [
      ("key.yml", "fial-on: zombie\n"), ("type.yml", "\ndepth: many\n"),
      ("kind.yml", "show: zombi\n"),
      ("broken.yml", "show: [\n"),
    ] { try write(name, Array(text.utf8)) }
    try write("package/Package.swift", Array("// swift-tools-version: 6.0\n".utf8))
  }

  static let all = commands + programs + inputs + outputs + settings + packages

  private static let commands = [
    Mistake("rum -- true", 64, "there is no command 'rum'", "did you mean: remnant run"),
    Mistake("tset", 64, "there is no command 'tset'", "did you mean: remnant test"),
    Mistake("./server", 64, "there is no command './server'", "remnant run -- ./server"),
    // Before the command, there is no program's status that this could be taken for.
    Mistake("--verbose run -- true", 64, "option '--verbose'", "for all options: remnant --help"),
    Mistake("run", 125, "no program is named", "remnant run -- PROGRAM"),
    Mistake("run --ouput x.html true", 125, "no option '--ouput'", "did you mean '--output'?"),
    Mistake("run -- --output x true", 127, "no program '--output'", "before `--`"),
    Mistake("run -- swift test", 125, "'swift test'", "use: remnant test"),
    Mistake("run swift run Server", 125, "'swift run'", "remnant run --product Server"),
    Mistake("run --after 10x -- true", 125, "'10x'", "such as 30s, 1m30s"),
    Mistake("run --depth 0 -- true", 125, "--depth 0 is out of range", "use 1 to 512"),
    Mistake("run --leak-exit-code 300 -- true", 125, "300 isn't an exit status", "from 0 to 255"),
    Mistake("run --fail-on zombi -- true", 125, "'zombi'", "did you mean 'zombie'?"),
    Mistake("run --fail-on zombie:prooven -- true", 125, "'prooven'", "did you mean 'proven'?"),
    Mistake("run --show stuck-tasks -- true", 125, "'stuck-tasks'", "did you mean 'stuck-task'?"),
    Mistake("run --configuration release -- true", 125, "--configuration", "add --product NAME"),
    Mistake("run --no-config --config a.yml -- true", 125, "contradict", "leave one of them out"),
  ]

  private static let programs = [
    Mistake("run ./sever", 127, "no file './sever'", "did you mean './server'?"),
    Mistake("run server", 127, "no program 'server' in PATH", "did you mean './server'?"),
    Mistake("run ./folder", 126, "'./folder' is a directory", "name the program in it"),
    Mistake("run ./plain", 126, "'./plain' is not executable", "chmod +x ./plain"),
    Mistake(
      "run ./script.sh",
      126,
      "'./script.sh' is a script",
      "remnant run --follow-children -- /bin/sh ./script.sh"
    ),
    Mistake("run ./lost.sh", 126, "doesn't exist: '/no/such/shell'", "correct its first line"),
    Mistake("run ./main.swift", 126, "is Swift source code", "swiftc -g ./main.swift"),
    Mistake("run ./empty", 126, "'./empty' is empty", "build it again"),
    Mistake("run ./arm", 126, "another architecture: arm64", "build it for x86-64"),
    Mistake("run ./narrow", 126, "isn't 64-bit", "build it for x86-64"),
    Mistake("run ./notes", 126, "neither an ELF program nor a script", "name the program itself"),
  ]

  private static let inputs = [
    Mistake("report page.html", 64, "'page.html' is a web page", "--output leaks.json"),
    Mistake("report empty.json", 64, "'empty.json' is empty", "write it again"),
    Mistake("report cut.json", 64, "it ends in line 4, in the middle", "write it again"),
    Mistake("report newer.json", 64, "from a newer Remnant", "update this one"),
    Mistake("report notes", 64, "'notes' is a text file", "--output leaks.json"),
    Mistake("report server", 64, "'server' is a program", "remnant run -- server"),
    Mistake("report baseline.json", 64, "is a baseline", "gate --baseline baseline.json"),
    Mistake("report nwer.json", 64, "no file 'nwer.json'", "did you mean 'newer.json'?"),
    Mistake("gate --baseline notes cut.json", 64, "not a baseline", "--update-baseline"),
    Mistake("gate --baseline known.supp cut.json", 64, "suppressions", "--suppressions known.supp"),
    Mistake("gate --baseline no.json cut.json", 64, "no baseline 'no.json'", "write it first"),
    Mistake("gate --suppressions notes cut.json", 64, "notes:1:", "write leak:PATTERN"),
    Mistake(
      "gate --suppressions baseline.json cut.json",
      64,
      "is a baseline, not a file of suppressions",
      "--baseline baseline.json"
    ),
  ]

  private static let outputs = [
    Mistake("run --output no/a.html -- true", 125, "'no/a.html'", "mkdir -p no"),
    Mistake("run --output folder -- true", 125, "'folder': it is a directory", "folder/leaks.html"),
    Mistake("run --output a.html -o ./a.html -- true", 125, "twice", "name each file once"),
    Mistake("run --output a.htlm -- true", 125, "'a.htlm'", "did you mean '.html'?"),
    Mistake("run --output a.docx -- true", 125, "'a.docx'", "use .txt, .text, .log, .json, .html"),
    Mistake("run --output a.svg -- true", 125, "'a.svg'", "--output leaks.dot"),
    Mistake("run --output main.swift --format text -- true", 125, "isn't a report", "--force"),
    Mistake("run --format htm --output x -- true", 125, "'htm'", "did you mean 'html'?"),
    Mistake("run --format html -- true", 125, "--format html needs --output", "add --output FILE"),
    Mistake("run --update-baseline -- true", 125, "which baseline", "add --baseline FILE"),
  ]

  private static let settings = [
    Mistake("run --config key.yml -- true", 125, "key.yml:1:1", "did you mean 'fail-on'?"),
    Mistake("run --config type.yml -- true", 125, "type.yml:2:8: depth: 'many'", "write depth:"),
    Mistake("run --config kind.yml -- true", 125, "kind.yml:1:7", "did you mean 'zombie'?"),
    Mistake("run --config broken.yml -- true", 125, "isn't valid YAML", "correct it"),
  ]

  private static let packages = [
    Mistake("test", 125, "there is no Package.swift", "--package-path"),
    Mistake("run --product Server", 125, "there is no Package.swift", "instead of --product"),
    Mistake("test --package-path no", 125, "doesn't exist: 'no'", "has the Package.swift"),
    Mistake("test --parallel", 125, "no option '--parallel'", "remnant test -- --parallel"),
    Mistake("test ParserTests", 125, "'ParserTests'", "remnant test --filter ParserTests"),
    Mistake("test --bundle no.xctest", 125, "no.xctest'", "swift build --build-tests"),
    Mistake(
      "test --package-path package",
      125,
      "there is no 'swift' in PATH",
      "add the toolchain",
      environment: ["PATH": "/usr/bin:/bin"]
    ),
  ]
}
