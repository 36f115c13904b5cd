// Tasks that wait in different ways, and what the variables of their functions refer to meanwhile. Nothing can resume
// them in the mode `leak`; in the mode `hold` a global has what can, and so holds them and their variables' objects.

class Base: @unchecked Sendable {
  var handle: Task<Void, Never>?
  var seen = 0
}

/// A closure captures `self`.
final class Purchases: Base, @unchecked Sendable {
  let (updates, tap) = AsyncStream.makeStream(of: Int.self)

  func listen() {
    if isHolding { taps.append(tap) }
    handle = Task { for await update in updates { self.seen += update } }
  }
}

/// A method waits, and has `self` and an argument.
final class Camera: Base, @unchecked Sendable {
  func watch(_ session: Session) {
    session.handle = Task { await self.run(session) }
  }

  @inline(never)
  func run(_ session: Session) async {
    await withUnsafeContinuation { keep($0) }
    session.seen += seen
  }
}

final class Session: Base, @unchecked Sendable {}

/// A loop's variable.
final class Row: Base, @unchecked Sendable {
  @inline(never)
  static func fill(_ count: Int) async {
    for row in (0..<count).map({ _ in Row() }) {
      await withUnsafeContinuation { keep($0) }
      row.seen += 1
    }
  }
}

/// A variable of the superclass's type refers to it.
final class Special: Base, @unchecked Sendable {
  static func start() {
    let base: Base = Special()
    base.handle = Task { await wait(for: base) }
  }

  @inline(never)
  static func wait(for base: Base) async {
    await withUnsafeContinuation { keep($0) }
    base.seen += 1
  }
}

nonisolated(unsafe) var taps: [AsyncStream<Int>.Continuation] = []
nonisolated(unsafe) var continuations: [UnsafeContinuation<Void, Never>] = []
let isHolding = CommandLine.arguments.last == "hold"

@inline(never)
func keep(_ continuation: UnsafeContinuation<Void, Never>) {
  if isHolding { continuations.append(continuation) }
}

@inline(never)
func start() {
  Purchases().listen()
  Camera().watch(Session())
  Special.start()
  Task { await Row.fill(1) }
}

@main enum Main {
  static func main() async {
    start()
    // They run meanwhile, until each of them waits.
    try? await Task.sleep(for: .milliseconds(100))
    print("done")
  }
}
