import Dispatch
import Glibc

// Programs that end in the middle of things. What the frames on the stack own is not leaked, though
// the optimiser may have dropped every word that says so.

/// `exit(0)` deep inside, with an object in each frame on the way.
enum ExitDeep {
  final class Frame {
    let depth: Int
    var child: Frame?

    init(depth: Int) {
      self.depth = depth
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func descend(_ depth: Int) -> Int {
    let frame = Frame(depth: depth)
    frame.child = Frame(depth: -depth)
    if depth == 0 { finish() }
    let below = descend(depth - 1)
    return below + frame.depth
  }

  @inline(never)
  static func run() {
    use(descend(5))
  }
}

/// `exit(0)` from an object's `deinit`.
enum ExitInDeinit {
  final class Resource {
    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Closing {
    let resource = Resource()
    var others = [Resource(), Resource()]

    init() { Census.born(self) }

    deinit {
      use(others.count)
      finish()
    }
  }

  @inline(never)
  static func run() {
    let closing = Closing()
    use(closing.others.count)
  }
}

/// `exit(0)` from an `init`, with half of the properties set.
enum ExitInInit {
  final class Part {
    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Assembly {
    let first: Part
    let second: Part
    let third: Part

    init(count: Int) {
      first = Part()
      second = Part()
      third = ExitInInit.makePart(count)
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func makePart(_ count: Int) -> Part {
    if count == 0 { finish() }
    return Part()
  }

  @inline(never)
  static func run() {
    let assembly = Assembly(count: CommandLine.arguments.count - 2)
    use(assembly.first === assembly.second ? 1 : 0)
  }
}

/// The main thread waits in the dispatch loop while a task ends the program.
enum ExitInTask {
  final class Service: @unchecked Sendable {
    var requests: [Request] = []

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func serve() async {
      for _ in 1...3 {
        requests.append(Request())
        await Task.yield()
      }
    }
  }

  final class Request {
    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    Task {
      let service = Service()
      await service.serve()
      use(service.requests.count)
      finish()
    }
    dispatchMain()
  }
}
