import Glibc

/// Objects that only memory managed by hand holds: from a global, and from mapped memory.
enum UnsafeMemory {
  final class Node {
    var next: Node?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  struct Header {
    var count: Int
    var nodes: UnsafeMutablePointer<Node>
  }

  nonisolated(unsafe) static var header: UnsafeMutablePointer<Header>?
  nonisolated(unsafe) static var context: UnsafeMutableRawPointer?
  nonisolated(unsafe) static var page: UnsafeMutableRawPointer?

  @inline(never)
  static func run() {
    let nodes = UnsafeMutablePointer<Node>.allocate(capacity: 6)
    for number in 0..<6 {
      (nodes + number).initialize(to: Node())
      nodes[number].next = Node()
    }
    let pointer = UnsafeMutablePointer<Header>.allocate(capacity: 1)
    pointer.initialize(to: Header(count: 6, nodes: nodes))
    header = pointer

    // The context pointer of a C callback.
    context = Unmanaged.passRetained(Node()).toOpaque()

    let mapped = mmap(nil, 4_096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    page = mapped
    mapped?.storeBytes(
      of: Unmanaged.passRetained(Node()).toOpaque(),
      toByteOffset: 64,
      as: UnsafeMutableRawPointer.self
    )
    use((header?.pointee.count ?? 0) + (context == nil ? 0 : 1) + (page == nil ? 0 : 1))
  }
}

/// Managed buffers with elements, held by a global and freed.
enum ManagedBuffers {
  struct Header {
    var count = 0
    let owner: Element
  }

  final class Element {
    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Storage: ManagedBuffer<Header, (Int32, Element)> {
    deinit {
      _ = withUnsafeMutablePointers { header, elements in
        elements.deinitialize(count: header.pointee.count)
      }
      Census.died(self)
    }

    static func make(count: Int) -> Storage {
      let buffer = Storage.create(minimumCapacity: count * 2) { _ in Header(owner: Element()) }
      let storage = unsafeDowncast(buffer, to: Storage.self)
      Census.born(storage)
      storage.withUnsafeMutablePointers { header, elements in
        for number in 0..<count {
          (elements + number).initialize(to: (Int32(number), Element()))
        }
        header.pointee.count = count
      }
      return storage
    }
  }

  nonisolated(unsafe) static var held: [Storage] = []

  @inline(never)
  static func run() {
    for count in 1...5 {
      let storage = Storage.make(count: count)
      if count > 3 { held.append(storage) }
    }
    use(held.count)
  }
}

/// Retains by hand, each with its release.
enum BalancedUnmanaged {
  final class Context {
    var calls = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func call(_ pointer: UnsafeMutableRawPointer) {
    Unmanaged<Context>.fromOpaque(pointer).takeUnretainedValue().calls += 1
  }

  @inline(never)
  static func run() {
    for _ in 1...5 {
      let unmanaged = Unmanaged.passRetained(Context())
      _ = unmanaged.retain()
      call(unmanaged.toOpaque())
      unmanaged.release()
      unmanaged.release()
    }
  }
}

/// Buffers whose slack still names objects that are freed, or that live elsewhere.
enum RemovedSlack {
  final class Item: Hashable {
    let number: Int

    init(number: Int) {
      self.number = number
      Census.born(self)
    }

    deinit { Census.died(self) }

    static func == (left: Item, right: Item) -> Bool { left.number == right.number }

    func hash(into hasher: inout Hasher) { hasher.combine(number) }
  }

  nonisolated(unsafe) static var list: [Item] = []
  nonisolated(unsafe) static var pairs: [Int: Item] = [:]
  nonisolated(unsafe) static var members: Set<Item> = []
  nonisolated(unsafe) static var favourite: Item?

  @inline(never)
  static func run() {
    for number in 0..<40 {
      let item = Item(number: number)
      list.append(item)
      pairs[number] = item
      members.insert(item)
      if number == 20 { favourite = item }
    }
    list.removeAll(keepingCapacity: true)
    members.removeAll(keepingCapacity: true)
    for number in 0..<39 { pairs[number] = nil }
    // New objects take the freed memory.
    list.append(Item(number: 100))
    use(list.count + pairs.count + members.count + (favourite?.number ?? 0))
  }
}
