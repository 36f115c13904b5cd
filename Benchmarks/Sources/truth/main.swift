// Runs every fixture under Remnant, LeakSanitizer and Valgrind, compares what they say with what is
// true, and writes the table that the documentation shows. From the root of the repository:
//
//     swift build -c release && swift run --package-path Benchmarks -c release truth
//
// With names behind it, it runs those scenarios only and prints the table instead.

import Foundation
import Synchronization

let root = FileManager.default.currentDirectoryPath
let document = "\(root)/Documentation/Comparison.md"
let command = "swift run --package-path Benchmarks -c release truth"

func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data("truth: \(message)\n".utf8))
  exit(1)
}

func show(_ progress: String) {
  guard isatty(STDERR_FILENO) == 1 else { return }
  FileHandle.standardError.write(Data("\r\u{1b}[K\(progress)".utf8))
}

let all = try Scenario.all(in: "\(root)/Fixtures/Expectations")
let asked = CommandLine.arguments.dropFirst()
for name in asked where !all.contains(where: { $0.name == name }) {
  fail("there is no scenario \(name); see Fixtures/Expectations")
}
let scenarios = asked.isEmpty ? all : all.filter { asked.contains($0.name) }

let programs = try Programs(root: root)
let tools: [any Tool] = [
  Remnant(command: programs.remnant, program: programs.plain),
  LeakSanitizer(program: programs.sanitized),
  Valgrind(program: programs.plain),
]

let verdicts = Mutex<[[Verdict]]>(scenarios.map { _ in tools.map { _ in .failed } })
let done = Mutex(0)
DispatchQueue.concurrentPerform(iterations: scenarios.count) { index in
  for (column, tool) in tools.enumerated() {
    let verdict = tool.verdict(on: scenarios[index])
    verdicts.withLock { $0[index][column] = verdict }
  }
  let count = done.withLock { done in
    done += 1
    return done
  }
  show("\(count) of \(scenarios.count) scenarios")
}
show("")

let page = Page(
  scenarios: scenarios,
  tools: tools.map { ($0.name, $0.version, $0.rule) },
  verdicts: verdicts.withLock { $0 },
  command: command
)
if asked.isEmpty {
  try page.text.write(toFile: document, atomically: true, encoding: .utf8)
  print("wrote \(document)\n")
  print(page.totals)
} else {
  print(page.table)
}
