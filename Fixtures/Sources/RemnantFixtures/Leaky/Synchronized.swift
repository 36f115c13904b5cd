import Synchronization

// What the `Synchronization` module keeps in place, and values that can't be copied: types that are
// recorded as functions.

/// Cycles through mutexes: an array in one, an optional struct, and a tuple in one that lies in a
/// struct that can't be copied.
enum MutexState {
  struct Seat {
    var number = 1
    var guest: Guest
  }

  struct Guarded<Value>: ~Copyable {
    let name = "guarded"
    let lock: Mutex<Value>
  }

  /// The commonest wrapper of all.
  final class Locked<Value>: @unchecked Sendable {
    let mutex: Mutex<Value>

    init(_ value: sending Value) {
      mutex = Mutex(value)
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  final class Room: @unchecked Sendable {
    let guests = Mutex<[Guest]>([])
    let best = Mutex<Seat?>(nil)
    let waiting = Guarded(lock: Mutex<(Int, Guest?)>((0, nil)))
    let last = Locked<Guest?>(nil)

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Guest: @unchecked Sendable {
    let room: Room

    init(room: Room) {
      self.room = room
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func make() -> [AnyObject] {
    let rooms = (1...4).map { _ in Room() }
    let guests = rooms.map(Guest.init)
    rooms[0].guests.withLock { $0.append(guests[0]) }
    rooms[1].best.withLock { $0 = Seat(guest: guests[1]) }
    rooms[2].waiting.lock.withLock { $0 = (1, guests[2]) }
    rooms[3].last.mutex.withLock { $0 = guests[3] }
    return rooms
  }

  @inline(never)
  static func run() { use(make().count) }
}

/// A cycle through a reference that is set once, atomically.
enum LazyAtomic {
  final class Parser: @unchecked Sendable {
    let uses = Atomic<Int>(0)
    let table = AtomicLazyReference<Table>()

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Table: @unchecked Sendable {
    let parser: Parser

    init(parser: Parser) {
      self.parser = parser
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func make() -> [AnyObject] {
    (1...2).map { _ in
      let parser = Parser()
      _ = parser.table.storeIfNil(Table(parser: parser))
      parser.uses.add(1, ordering: .relaxed)
      use(parser.uses.load(ordering: .relaxed))
      return parser
    }
  }

  @inline(never)
  static func run() { use(make().count) }
}

/// A cycle through an atomic pointer to an object that was retained by hand.
enum AtomicPointer {
  final class Stack: @unchecked Sendable {
    let head = Atomic<UnsafeMutableRawPointer?>(nil)

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func push(_ item: Item) {
      head.store(Unmanaged.passRetained(item).toOpaque(), ordering: .releasing)
    }
  }

  final class Item {
    let stack: Stack

    init(stack: Stack) {
      self.stack = stack
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func make() -> [AnyObject] {
    let stack = Stack()
    stack.push(Item(stack: stack))
    use(stack.head.load(ordering: .relaxed) == nil ? 0 : 1)
    return [stack]
  }

  @inline(never)
  static func run() { use(make().count) }
}

/// Cycles through structs that can't be copied, one of them generic.
enum NoncopyableField {
  struct Lease: ~Copyable {
    let number: Int
    let tenant: Tenant

    deinit { use(number) }
  }

  struct Holder<Value: ~Copyable>: ~Copyable {
    var count = 1
    var value: Value
  }

  final class House {
    var lease: Lease?
    var holder: Holder<Lease>?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Tenant {
    let house: House

    init(house: House) {
      self.house = house
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func make() -> [AnyObject] {
    let first = House()
    first.lease = Lease(number: 1, tenant: Tenant(house: first))
    let second = House()
    second.holder = Holder(value: Lease(number: 2, tenant: Tenant(house: second)))
    return [first, second]
  }

  @inline(never)
  static func run() { use(make().count) }
}

/// A cycle through an enum that can't be copied.
enum NoncopyableEnum {
  enum Contract: ~Copyable {
    case none
    case lease(NoncopyableField.Lease)
    case sale(Buyer)
  }

  final class House {
    var contract: Contract = .none

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Buyer {
    let house: House

    init(house: House) {
      self.house = house
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func make() -> [AnyObject] {
    let house = House()
    house.contract = .sale(Buyer(house: house))
    return [house]
  }

  @inline(never)
  static func run() { use(make().count) }
}

/// Cycles through inline arrays: of structs, of enums, of inline arrays.
enum InlineArrays {
  struct Square {
    var color: UInt8 = 0
    var piece: Piece?
  }

  enum Move {
    case none
    case quiet(Piece)
    case capture(Piece, Int)
  }

  final class Board {
    var squares = InlineArray<4, Square>(repeating: Square())
    var moves = InlineArray<3, Move>(repeating: .none)
    var rows: InlineArray<2, InlineArray<2, Piece?>> = [[nil, nil], [nil, nil]]

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Piece {
    let board: Board

    init(board: Board) {
      self.board = board
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func make() -> [AnyObject] {
    let boards = (1...3).map { _ in Board() }
    boards[0].squares[2].piece = Piece(board: boards[0])
    boards[1].moves[1] = .capture(Piece(board: boards[1]), 1)
    boards[2].rows[1][0] = Piece(board: boards[2])
    return boards
  }

  @inline(never)
  static func run() { use(make().count) }
}
