/// A single-payload enum of our own.
enum SinglePayload {
  enum Link {
    case open
    case closed
    case linked(Peer)
  }

  final class Peer {
    var link = Link.open

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    let first = Peer()
    let second = Peer()
    first.link = .linked(second)
    second.link = .linked(first)
  }
}

/// A multi-payload enum of classes keeps its tag in the spare bits of the pointer.
enum MultiPayload {
  enum State {
    case idle(Clock)
    case busy(Worker)
    case failed(Report)
  }

  final class Clock {
    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Report {
    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Worker {
    var machine: Machine?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Machine {
    var state: State
    var previous: State

    init(state: State) {
      self.state = state
      previous = .failed(Report())
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    for _ in 1...3 {
      let machine = Machine(state: .idle(Clock()))
      let worker = Worker()
      worker.machine = machine
      machine.state = .busy(worker)
    }
  }
}

/// Payloads of different shapes: a number, a string, a struct of two references, a class.
enum MixedPayload {
  struct Pair {
    let left: Cell
    let right: Cell?
  }

  enum Content {
    case empty
    case number(Double)
    case text(String)
    case pair(Pair)
    case cell(Cell)
  }

  final class Cell {
    var content = Content.empty

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    let cell = Cell()
    let other = Cell()
    other.content = .text("a string that is too long to be stored in place")
    cell.content = .pair(Pair(left: cell, right: other))
    let healthy = Cell()
    healthy.content = .number(3.5)
  }
}

/// An indirect enum: each level is a box.
enum IndirectEnum {
  indirect enum Chain {
    case end(Holder)
    case link(Chain)
  }

  final class Holder {
    var chain: Chain?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    for _ in 1...2 {
      let holder = Holder()
      holder.chain = .link(.link(.end(holder)))
    }
  }
}
