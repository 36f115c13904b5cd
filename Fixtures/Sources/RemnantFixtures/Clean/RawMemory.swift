import Foundation

/// Objects that only memory allocated by hand refers to, itself held by a global.
enum RawMemory: Scenario {
  static var name: String { "raw-memory" }

  final class Item {
    var number = 1
    init() { Census.born(Item.self) }
    deinit { Census.died(Item.self) }
  }

  nonisolated(unsafe) static var items: UnsafeMutablePointer<Item>?
  nonisolated(unsafe) static var opaqueItem: UnsafeMutableRawPointer?

  @inline(never)
  static func run() {
    let count = opaque(8)
    let memory = UnsafeMutablePointer<Item>.allocate(capacity: count)
    for index in 0..<count { (memory + index).initialize(to: Item()) }
    items = memory
    let item = Item()
    opaqueItem = Unmanaged.passRetained(item).toOpaque()
    publish(item)
  }
}

/// A `ManagedBuffer` whose elements are objects, which no reflection describes.
enum ManagedBufferElements: Scenario {
  static var name: String { "managed-buffer" }

  final class Item {
    var number = 1
    init() { Census.born(Item.self) }
    deinit { Census.died(Item.self) }
  }

  struct Header {
    var count: Int
    var first: Item?
  }

  final class Buffer: ManagedBuffer<Header, Item> {
    deinit {
      withUnsafeMutablePointers { header, elements in
        _ = elements.deinitialize(count: header.pointee.count)
      }
    }
  }

  nonisolated(unsafe) static var kept: ManagedBuffer<Header, Item>?

  @inline(never)
  static func make(count: Int) -> ManagedBuffer<Header, Item> {
    let buffer = Buffer.create(minimumCapacity: count) { _ in Header(count: count, first: Item()) }
    buffer.withUnsafeMutablePointerToElements { elements in
      for index in 0..<count { (elements + index).initialize(to: Item()) }
    }
    publish(buffer)
    return buffer
  }

  @inline(never)
  static func run() {
    kept = make(count: opaque(6))
    _ = make(count: opaque(3))
  }
}

/// Retains by hand, each with its release.
enum BalancedUnmanaged: Scenario {
  static var name: String { "balanced-unmanaged" }

  final class Handle {
    var size = 64
    init() { Census.born(Handle.self) }
    deinit { Census.died(Handle.self) }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(5) {
      let handle = Handle()
      let unmanaged = Unmanaged.passRetained(handle)
      _ = unmanaged.retain()
      publish(handle)
      unmanaged.release()
      unmanaged.release()
    }
  }
}

/// An object that only thread-specific data names, of the main thread and of one that waits.
enum ThreadSpecificData: Scenario {
  static var name: String { "thread-specific-data" }

  final class Context {
    var depth = 0
    init() { Census.born(Context.self) }
    deinit { Census.died(Context.self) }
  }

  @inline(never)
  static func store(keys: [pthread_key_t]) {
    for key in keys {
      let context = Context()
      publish(context)
      pthread_setspecific(key, Unmanaged.passRetained(context).toOpaque())
    }
  }

  @inline(never)
  static func run() {
    // Keys from 32 on live in blocks that glibc allocates apart from the thread's own.
    var keys: [pthread_key_t] = []
    for _ in 0..<opaque(40) {
      var key: pthread_key_t = 0
      pthread_key_create(&key, nil)
      keys.append(key)
    }
    store(keys: keys)
    let ready = DispatchSemaphore(value: 0)
    let thread = Thread { [keys] in
      store(keys: keys)
      ready.signal()
      while true { sleep(1_000) }
    }
    thread.start()
    ready.wait()
  }
}
