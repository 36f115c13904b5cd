import Foundation

/// One execution of a command: how long it took, and how much memory it held at most.
package struct Run {
  package var seconds: Double
  /// Of the process itself, in bytes.
  package var peakMemory: Int
  package var status: Int32

  package init(_ command: [String], environment: [String: String] = [:]) throws {
    let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
    var variableStrings: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0)=\($1)") }
    arguments.append(nil)
    variableStrings.append(nil)
    defer {
      for string in arguments + variableStrings { free(string) }
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
    }
    defer { posix_spawn_file_actions_destroy(&actions) }
    var process: pid_t = 0
    let start = ContinuousClock.now
    let error = posix_spawnp(&process, command[0], &actions, nil, arguments, variableStrings)
    guard error == 0 else {
      throw Failure(command: command[0], reason: String(cString: strerror(error)))
    }
    var result: Int32 = 0
    var usage = rusage()
    while wait4(process, &result, 0, &usage) < 0, errno == EINTR {}
    let elapsed = start.duration(to: .now).components
    seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
    peakMemory = usage.ru_maxrss * 1024
    status = result
  }

  package struct Failure: Error, CustomStringConvertible {
    var command: String
    var reason: String
    package var description: String { "\(command): \(reason)" }
  }
}

/// The middle of several measurements: one disturbed run doesn't move it.
package func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
}
