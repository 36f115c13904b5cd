import Dispatch

/// Sources whose handlers capture the object that stores them, and that nothing but that object can fire: a timer that is
/// never resumed, one of data that is added by the program, and one of these that is suspended.
enum DispatchSources {
  final class Feed: @unchecked Sendable {
    var source: (any DispatchSourceProtocol)?
    var runs = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func schedule(on queue: DispatchQueue) {
      let timer = DispatchSource.makeTimerSource(queue: queue)
      timer.schedule(deadline: .now() + 3_600)
      timer.setEventHandler { self.runs += 1 }
      source = timer
    }

    func collect(on queue: DispatchQueue, suspended: Bool) {
      let data = DispatchSource.makeUserDataAddSource(queue: queue)
      let registered = DispatchSemaphore(value: 0)
      data.setRegistrationHandler { registered.signal() }
      data.setEventHandler { [weak self] in self?.runs += 1 }
      data.setCancelHandler { self.runs += 2 }
      data.resume()
      registered.wait()
      if suspended { data.suspend() }
      source = data
    }
  }

  @inline(never)
  static func make() -> [AnyObject] {
    let queue = DispatchQueue(label: "fixtures.feeds")
    let timer = Feed()
    timer.schedule(on: queue)
    let data = Feed()
    data.collect(on: queue, suspended: false)
    let suspended = Feed()
    suspended.collect(on: queue, suspended: true)
    // The queue has let go of all that it ran.
    queue.sync {}
    return [timer, data, suspended]
  }

  @inline(never)
  static func run() { use(make().count) }
}

/// Blocks in the hands of C code that never calls them: a group that is never left, and work items in a chain.
enum WaitingBlocks {
  final class Job: @unchecked Sendable {
    let group = DispatchGroup()
    var first: DispatchWorkItem?
    var runs = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func chain(on queue: DispatchQueue) {
      let last = DispatchWorkItem(flags: .barrier) { self.runs += 1 }
      let middle = DispatchWorkItem { queue.async(execute: last) }
      first = DispatchWorkItem { [runs] in
        middle.perform()
        last.perform()
        use(runs)
      }
    }

    func wait(on queue: DispatchQueue) {
      group.enter()
      group.notify(queue: queue) { self.runs += 1 }
    }
  }

  @inline(never)
  static func make() -> [AnyObject] {
    let queue = DispatchQueue(label: "fixtures.blocks")
    let chained = Job()
    chained.chain(on: queue)
    let waiting = Job()
    waiting.wait(on: queue)
    return [chained, waiting]
  }

  @inline(never)
  static func run() { use(make().count) }
}
