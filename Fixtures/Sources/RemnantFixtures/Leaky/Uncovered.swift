import Synchronization

// Cycles through memory that no field description covers: the count is right, and the reference that
// explains it is only a word that looks like one.

/// A cycle through a mutex's value.
enum MutexCycle {
  final class Guarded: Sendable {
    let peer = Mutex<Peer?>(nil)

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Peer: Sendable {
    let guarded: Guarded

    init(guarded: Guarded) {
      self.guarded = guarded
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    for _ in 1...2 {
      let guarded = Guarded()
      guarded.peer.withLock { $0 = Peer(guarded: guarded) }
    }
  }
}

/// A cycle through the tail elements of a managed buffer.
enum ManagedBufferCycle {
  final class Table: ManagedBuffer<Int, Row> {
    deinit {
      _ = withUnsafeMutablePointers { count, rows in rows.deinitialize(count: count.pointee) }
      Census.died(self)
    }

    static func make(rows count: Int) -> Table {
      let buffer = Table.create(minimumCapacity: count) { _ in 0 }
      let table = unsafeDowncast(buffer, to: Table.self)
      Census.born(table)
      for _ in 0..<count {
        table.withUnsafeMutablePointers { filled, rows in
          (rows + filled.pointee).initialize(to: Row(table: table))
          filled.pointee += 1
        }
      }
      return table
    }
  }

  final class Row {
    let table: Table

    init(table: Table) {
      self.table = table
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    use(Table.make(rows: 4).header)
  }
}

/// A cycle through memory that the class manages by hand.
enum PointerCycle {
  final class Pool {
    let slots: UnsafeMutablePointer<Worker?>

    init(size: Int) {
      slots = .allocate(capacity: size)
      slots.initialize(repeating: nil, count: size)
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  final class Worker {
    let pool: Pool

    init(pool: Pool) {
      self.pool = pool
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    let pool = Pool(size: 8)
    for number in 2..<5 { pool.slots[number] = Worker(pool: pool) }
  }
}

/// A cycle through an inline array.
enum InlineArrayCycle {
  final class Corner {
    var neighbours: InlineArray<3, Corner?> = [nil, nil, nil]

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    let left = Corner()
    let right = Corner()
    left.neighbours[1] = right
    right.neighbours[2] = left
  }
}

/// A cycle through the stored properties of a type with a parameter pack.
enum VariadicGeneric {
  final class Bundle<each Part> {
    let parts: (repeat each Part)

    init(_ parts: repeat each Part) {
      self.parts = (repeat each parts)
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  final class Part {
    var bundle: Bundle<Int, Part>?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    let part = Part()
    part.bundle = Bundle(1, part)
  }
}
