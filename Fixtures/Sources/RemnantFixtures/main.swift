import Glibc

/// Ends with status 64, wrong usage.
func complain(_ message: String) -> Never {
  _ = "\(message)\n".withCString { write(STDERR_FILENO, $0, strlen($0)) }
  exit(64)
}

guard CommandLine.arguments.count == 2 else { complain("usage: RemnantFixtures NAME | --list") }

if CommandLine.arguments[1] == "--list" {
  for scenario in scenarios {
    print(scenario.name)
  }
} else if let scenario = scenarios.first(where: { $0.name == CommandLine.arguments[1] }) {
  // The scenario's frames are gone when the program ends, and their stale words stay behind, as in
  // any real program.
  scenario.run()
  Census.report()
} else {
  complain("no scenario is named \(CommandLine.arguments[1])")
}
