// Runs the same programs plain, under Remnant, heaptrack and AddressSanitizer with LeakSanitizer, in
// turn, and prints one table. From the root of the repository:
//
//     swift build -c release && swift run --package-path Benchmarks -c release compare

import Foundation
import Measuring

let root = FileManager.default.currentDirectoryPath
let remnant = "\(root)/.build/release/remnant"
let repetitions = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 5

func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data("compare: \(message)\n".utf8))
  exit(1)
}

func find(_ tool: String) -> String? {
  (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .map { "\($0)/\(tool)" }.first { access($0, X_OK) == 0 }
}

/// Builds the programs, and tells where they are.
func build(_ options: [String], scratch: String) throws -> String {
  let run = try Run(
    ["swift", "build", "--package-path", "\(root)/Benchmarks", "-c", "release"]
      + ["--scratch-path", "\(root)/\(scratch)"] + options
  )
  guard run.status == 0 else { fail("the programs in Benchmarks don't build with \(options)") }
  return "\(root)/\(scratch)/release"
}

guard access(remnant, X_OK) == 0 else {
  fail("\(remnant) is missing: run `swift build -c release` first, in the root of the repository")
}
let plain = try build([], scratch: ".build-benchmarks")
let sanitized = try build(["--sanitize", "address"], scratch: ".build-benchmarks-address")
let heaptrack = find("heaptrack")
let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("remnant-compare").path

struct Contender {
  var name: String
  var command: (_ program: String, _ arguments: [String]) -> [String]
}

var contenders = [
  Contender(name: "plain") { ["\(plain)/\($0)"] + $1 },
  Contender(name: "Remnant") {
    [remnant, "run", "--quiet", "--", "\(plain)/\($0)"] + $1
  },
  Contender(name: "AddressSanitizer + LeakSanitizer") { ["\(sanitized)/\($0)"] + $1 },
]
if let heaptrack {
  contenders.insert(
    Contender(name: "heaptrack") { [heaptrack, "-o", scratch, "\(plain)/\($0)"] + $1 },
    at: 2
  )
} else {
  print("heaptrack is not installed (apt-get install heaptrack): left out.\n")
}

func cell(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}

print("Median of \(repetitions) runs each, in turn, on this machine.\n")
print("| program | tool | seconds | times plain | peak memory |")
print("| --- | --- | --- | --- | --- |")
for (title, program, arguments) in [
  ("requests, one thread", "Requests", ["1"]),
  ("requests, two threads", "Requests", ["2"]),
  ("65,000 distinct stacks", "DistinctStacks", ["1"]),
  // What each of them takes to start and to report.
  ("a program of 10 objects", "ManyObjects", ["10"]),
] {
  var runs: [[Run]] = contenders.map { _ in [] }
  for _ in 0..<repetitions {
    for (index, contender) in contenders.enumerated() {
      runs[index].append(try Run(contender.command(program, arguments)))
    }
  }
  let base = median(runs[0].map(\.seconds))
  for (index, contender) in contenders.enumerated() {
    let seconds = median(runs[index].map(\.seconds))
    let memory = median(runs[index].map { Double($0.peakMemory) / 1_048_576 })
    print(
      "| \(cell(title, 22)) | \(cell(contender.name, 32)) | "
        + String(format: "%.2f | %.1f | %.0f MB |", seconds, seconds / base, memory)
    )
  }
}

print(
  "\n| live objects | capture and judgement, seconds | objects per second | tool memory per object |"
)
print("| --- | --- | --- | --- |")
let small = try Run([remnant, "run", "--quiet", "--", "\(plain)/ManyObjects", "10"])
for count in [100_000, 1_000_000] {
  // The program's own time is taken off; the report says how many objects there were.
  let report = "\(scratch).json"
  let own = try Run(["\(plain)/ManyObjects", "\(count)"])
  let run = try Run([
    remnant, "run", "--output", report, "--", "\(plain)/ManyObjects", "\(count)",
  ])
  let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: report)))
  let summary = (json as? [String: Any])?["summary"] as? [String: Any]
  let objects = Double(summary?["liveObjects"] as? Int ?? 0)
  let capture = (json as? [String: Any])?["capture"] as? [String: Any]
  let pause = capture?["pauseSeconds"] as? Double ?? .nan
  let seconds = run.seconds - own.seconds
  print(
    String(
      format: "| %.0f | %.2f (program stopped for %.2f) | %.0f | %.0f bytes |",
      objects,
      seconds,
      pause,
      objects / seconds,
      Double(run.peakMemory - small.peakMemory) / objects
    )
  )
}
