import Foundation

/// `exit(0)` deep inside functions that own objects: never released, and no leak.
///
/// Optimized code drops the pointers and keeps the counts.
enum ExitDeepInside: Scenario {
  static var name: String { "exit-deep-inside" }

  final class Resource {
    var size = 1
    init() { Census.born(Resource.self) }
    deinit { Census.died(Resource.self) }
  }

  @inline(never)
  static func run() {
    let outer = Resource()
    publish(outer)
    descend(opaque(3), resource: outer)
    publish(outer)
  }

  @inline(never)
  static func descend(_ depth: Int, resource: Resource) {
    let inner = Resource()
    publish(inner)
    guard depth == 0 else {
      descend(depth - 1, resource: inner)
      inner.size += resource.size
      return
    }
    print(Census.line(scenario: name))
    exit(0)
  }
}

/// A thread that waits at the end of the program, with objects on its stack.
enum ParkedThread: Scenario {
  static var name: String { "parked-thread" }

  final class Job {
    var steps: [Int] = [1, 2, 3]
    init() { Census.born(Job.self) }
    deinit { Census.died(Job.self) }
  }

  @inline(never)
  static func work(ready: DispatchSemaphore, forever: DispatchSemaphore) {
    let job = Job()
    let jobs = [Job(), Job()]
    publish(job)
    publish(jobs[0])
    ready.signal()
    forever.wait()
    // After the wait, so that the frame needs them while it waits.
    job.steps.append(jobs.count)
    publish(jobs[1])
  }

  @inline(never)
  static func run() {
    let ready = DispatchSemaphore(value: 0)
    let forever = DispatchSemaphore(value: 0)
    let thread = Thread { work(ready: ready, forever: forever) }
    thread.start()
    ready.wait()
  }
}
