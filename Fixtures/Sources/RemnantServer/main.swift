// A program that runs on and on: each of its first ten requests leaks a session, and many threads'
// worth of sessions come and go meanwhile.
//
//     RemnantServer            runs until it is ended
//     RemnantServer graceful   exits with status 0 at SIGINT and SIGTERM
//     RemnantServer stubborn   ignores SIGTERM
//     RemnantServer busy       has threads and tasks come and go as well, and prints its resident memory in KiB each second
//
// With a second argument, the number of a signal, it sends that signal to its parent when it is
// ready: so a test needs no clock. It says "ready" then.
import Foundation
import Synchronization

final class Session: Sendable {
  let handler = Mutex<(@Sendable () -> Void)?>(nil)
  let payload = [1, 2, 3]
}

final class Registry: Sendable {
  let sessions = Mutex<[Int: Session]>([:])
}

let registry = Registry()

@inline(never)
func serve(_ request: Int) {
  let session = Session()
  registry.sessions.withLock { $0[request % 64] = session }
  if request < 10 {
    let leaked = Session()
    leaked.handler.withLock { $0 = { print(leaked.payload) } }
  }
}

let arguments = CommandLine.arguments.dropFirst()
switch arguments.first {
case "graceful":
  for number in [SIGINT, SIGTERM] { signal(number) { _ in exit(0) } }
case "stubborn": signal(SIGTERM, SIG_IGN)
default: break
}

for request in 0..<10_000 { serve(request) }
print("ready")
fflush(nil)

for thread in 0..<2 {
  Thread {
    var request = 10_000 + thread
    while true {
      serve(request)
      request += 2
    }
  }.start()
}
if let number = arguments.dropFirst().first.flatMap({ Int32($0) }) { kill(getppid(), number) }
if arguments.first == "busy" { keepBusy() }
while true { sleep(1000) }

/// Work of all kinds that leaves nothing behind, for ever.
func keepBusy() {
  Thread {
    while true {
      let threads = (0..<8).map { number in
        let thread = Thread { _ = decoded(depth: number % 20) }
        thread.start()
        return thread
      }
      while threads.contains(where: { !$0.isFinished }) { usleep(500) }
    }
  }.start()
  Task {
    while true {
      await withTaskGroup(of: Int.self) { group in
        for number in 0..<16 { group.addTask { decoded(depth: number) } }
        for await _ in group {}
      }
      for await number in AsyncStream<Int>(unfolding: { Bool.random() ? 1 : nil }) { _ = number }
    }
  }
  while true {
    sleep(1)
    let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    print(line?.split(separator: " ").dropFirst().first ?? "0")
    fflush(nil)
  }
}

/// Allocates at the end of as many call stacks as there are depths.
@inline(never)
func decoded(depth: Int) -> Int {
  if depth > 0 { return decoded(depth: depth - 1) + 1 }
  let values =
    (try? JSONDecoder().decode([String: [Int]].self, from: Data(#"{"a": [1, 2, 3]}"#.utf8)))
  return values?.count ?? 0
}
