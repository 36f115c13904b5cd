internal import CLinux
internal import Foundation

/// Starts the program that is to be watched, as its user would have: same files, same terminal, same
/// signals, its environment but for what the recorder needs (and takes away again).
package struct ProgramLauncher {
  /// The executable file.
  package var path: String
  /// The arguments, the program's name first.
  package var arguments: [String]
  package var environment: ProgramEnvironment
  /// Whether what the program prints goes nowhere.
  package var discardsOutput = false
  /// What its standard streams are instead of this process's own.
  package var standardInput: Int32?
  package var standardOutput: Int32?
  package var standardError: Int32?

  package init(path: String, arguments: [String], environment: ProgramEnvironment) {
    self.path = path
    self.arguments = arguments
    self.environment = environment
  }

  /// Starts the program, with a descriptor that it gets under the same number; returns its process.
  package func launch(inheriting inherited: Int32 = -1) throws(LaunchError) -> Int32 {
    let strings = arguments.map { strdup($0) } + [nil]
    let variables =
      environment.variables.map { strdup($0.map(CChar.init(bitPattern:)) + [0]) } + [nil]
    defer {
      for string in strings { free(string) }
      for variable in variables { free(variable) }
    }
    // Kept from other programs that start meanwhile: a number is no more than that.
    let nowhere = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { if nowhere >= 0 { close(nowhere) } }
    let streams = remnant_streams(
      input: standardInput ?? -1,
      output: standardOutput ?? (discardsOutput ? nowhere : -1),
      errors: standardError ?? (discardsOutput ? nowhere : -1)
    )
    let process = strings.withUnsafeBufferPointer { strings in
      variables.withUnsafeBufferPointer { variables in
        remnant_launch(
          path,
          strings.baseAddress,
          variables.baseAddress,
          inherited,
          streams,
          nil
        )
      }
    }
    guard process > 0 else { throw LaunchError(path: path, errno: errno) }
    return process
  }
}

/// Why a program could not be started.
package struct LaunchError: Error, CustomStringConvertible {
  package var path: String
  package var errno: Int32

  /// 127 where there is no such program, 126 where it can't be executed: as `env` and `timeout`.
  package var exitStatus: Int32 { errno == ENOENT || errno == ENOTDIR ? 127 : 126 }

  package var description: String {
    "\(path) can't be started: \(String(cString: strerror(errno)))"
  }
}

/// The terminal that this process is in the foreground of.
package struct ControllingTerminal {
  package let descriptor: Int32
  private let ownGroup: Int32

  /// Nil where there is none, or another group has it.
  package static var inForeground: ControllingTerminal? {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
    where isatty(descriptor) == 1 && tcgetpgrp(descriptor) == getpgrp() {
      return ControllingTerminal(descriptor: descriptor, ownGroup: getpgrp())
    }
    return nil
  }

  /// Whether this process's group has the terminal now.
  package var isOwn: Bool { tcgetpgrp(descriptor) == ownGroup }

  /// Gives the terminal to a process group.
  package func give(to group: Int32) {
    withTerminalSignalBlocked { _ = tcsetpgrp(descriptor, group) }
  }

  /// Takes the terminal back.
  package func takeBack() { give(to: ownGroup) }

  /// A process of the background that changes the foreground is stopped unless it blocks SIGTTOU.
  private func withTerminalSignalBlocked(_ body: () -> Void) {
    var blocked = sigset_t()
    var before = sigset_t()
    sigemptyset(&blocked)
    sigaddset(&blocked, SIGTTOU)
    pthread_sigmask(SIG_BLOCK, &blocked, &before)
    body()
    pthread_sigmask(SIG_SETMASK, &before, nil)
  }
}
