import Foundation

/// A frame of its own, gone when the program ends.
@inline(never)
func run(_ scenario: any Scenario.Type) {
  scenario.run()
}

@inline(never)
func runProgram(arguments: [String]) -> Int32 {
  guard arguments.count == 2, let word = arguments.last else {
    FileHandle.standardError.write(Data("usage: RemnantFixtures --list | NAME\n".utf8))
    return 64
  }
  if word == "--list" {
    for scenario in scenarios { print(scenario.name) }
    return 0
  }
  guard let scenario = scenarios.first(where: { $0.name == word }) else {
    FileHandle.standardError.write(Data("there is no scenario \(word): see --list\n".utf8))
    return 64
  }
  run(scenario)
  print(Census.line(scenario: word))
  return 0
}

let status = runProgram(arguments: CommandLine.arguments)
if status != 0 { exit(status) }
