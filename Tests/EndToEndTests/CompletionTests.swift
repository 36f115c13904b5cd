import Foundation
import TestSupport
import Testing

/// What the shells complete, asked of the shells themselves.
@Suite("Completion") struct CompletionTests {
  enum Shell: String, CaseIterable, CustomTestStringConvertible {
    case bash, zsh, fish

    var testDescription: String { rawValue }

    var isInstalled: Bool {
      let folders = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
      return folders.split(separator: ":").contains { access("\($0)/\(rawValue)", X_OK) == 0 }
    }

    /// What a shell looks for the completions of `remnant` in.
    var fileName: String { self == .zsh ? "_remnant" : "remnant.\(rawValue)" }

    /// Prints the words that may stand in the place of the last argument, one in a line.
    var script: String {
      switch self {
      case .bash:
        """
        source ./remnant.bash
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
        _remnant remnant "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        printf '%s\\n' "${COMPREPLY[@]}"
        """
      case .fish: "source ./remnant.fish; complete -C \"$argv\" | string replace -r '\\t.*' ''"
      // Only a shell at a terminal completes: one is started at a terminal of its own. The marks aren't written in one
      // piece where the terminal would echo them.
      case .zsh:
        #"""
        zmodload zsh/zpty
        zpty shell zsh -f -i
        say() { zpty -w shell "$1" }
        say "fpath=($PWD \$fpath); autoload -Uz compinit; compinit -u -D"
        say 'compadd() { [[ "$*" == *-[OAD]\ * ]] && { builtin compadd "$@"; return }
          local -a found; builtin compadd -A found "$@"; builtin compadd "$@"; local s=$?
          (( $#found )) && print -l -- found:${^found}; return s }'
        say 'capture() { _main_complete; print -- end:; }; zle -C capture list-choices capture'
        say 'bindkey "^I" capture'
        say "print rea''dy:"
        zpty -r shell start '*ready:*'
        zpty -n -w shell "$*"$'\t'
        zpty -r shell reply '*end:*'
        zpty -d shell
        for line in ${(f)reply}; do
          [[ $line == *found:* ]] && print -r -- ${${line#*found:}%%[[:cntrl:]]*}
        done
        exit 0
        """#
      }
    }
  }

  private static let cases: [(words: [String], found: [String], others: [String])] = [
    (["ru"], ["run"], ["report"]),
    (["run", "--output", "leaks."], ["leaks.json", "leaks.txt"], []),
    (["report", "leaks."], ["leaks.json"], ["leaks.txt"]),
    (["diff", "leaks.json", ""], ["leaks.json"], ["leaks.txt"]),
    (["run", "--baseline", "leaks."], ["leaks.json"], ["leaks.txt"]),
    (["run", "--suppressions", ""], ["leaks.txt"], []),
    (["run", "--generate-suppressions", ""], ["leaks.txt"], []),
    (["run", "--config", ""], ["some.yml"], ["leaks.txt"]),
    (["run", "--", "./le"], ["leaks.txt"], []),
    (["run", "./le"], ["leaks.txt"], []),
    (["test", "--bundle", ""], ["leaks.xctest"], ["leaks.txt"]),
    (["test", "--package-path", ""], ["folder"], ["leaks.txt"]),
    (["run", "--fail-on", "zo"], ["zombie"], ["survivor"]),
    (["run", "--format", "ht"], ["html"], ["json"]),
    (["run", "-c", ""], ["debug", "release"], []),
    (["run", "--co"], ["--color", "--config", "--configuration"], ["--census"]),
  ]

  @Test(
    "Commands, options, kinds, formats, and the right files complete",
    arguments: Shell.allCases.filter(\.isInstalled)
  )
  func completes(in shell: Shell) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    for name in ["leaks.json", "leaks.txt", "leaks.xctest", "some.yml"] {
      try folder.write(name, "")
    }
    try FileManager.default.createDirectory(
      at: folder.file("folder"),
      withIntermediateDirectories: false
    )
    let tool = try Built.tool()
    let completions = try await Subprocess.run(
      [tool, "--generate-completion-script", shell.rawValue]
    )
    try folder.write(shell.fileName, completions.output)
    // Without the user's own settings, and the command by its name.
    let path =
      "\(URL(filePath: tool).deletingLastPathComponent().path):"
      + ProcessInfo.processInfo.environment["PATH", default: "/usr/bin:/bin"]
    let start =
      switch shell {
      case .bash: ["bash", "--norc", "-c", shell.script, "bash"]
      case .zsh: ["zsh", "-f", "-c", shell.script, "zsh"]
      case .fish: ["fish", "--no-config", "-c", shell.script]
      }
    for (words, found, others) in Self.cases {
      let run = try await Subprocess.run(
        start + ["remnant"] + words,
        in: folder.url,
        environment: ["PATH": path, "HOME": folder.url.path, "TERM": "dumb"]
      )
      // The shells write folders and paths in ways of their own.
      let replies = run.output.split(whereSeparator: \.isNewline).map {
        URL(filePath: $0.trimmingCharacters(in: .whitespaces)).lastPathComponent
      }
      #expect(Set(found).isSubset(of: replies), "\(words): \(run.transcript)")
      #expect(Set(others).isDisjoint(with: replies), "\(words): \(run.transcript)")
    }
  }
}
