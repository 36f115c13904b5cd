import Foundation
import Synchronization

@testable import WeakReferences

/// An object that says how many of its class there are.
class Item: Hashable, @unchecked Sendable {
  let number: Int
  init(_ number: Int = 0) { self.number = number }
  static func == (left: Item, right: Item) -> Bool { left.number == right.number }
  func hash(into hasher: inout Hasher) { hasher.combine(number) }
}

class DerivedItem: Item, @unchecked Sendable {}

final class Generic<Element>: @unchecked Sendable {
  var element: Element
  init(_ element: Element) { self.element = element }
}

/// A counter that closures of any thread may share.
final class Counter: Sendable {
  private let count = Atomic(0)
  var value: Int { count.load(ordering: .relaxed) }
  func increment() { count.add(1, ordering: .relaxed) }
}

/// A list that closures of any thread may share.
final class Log<Element: Sendable>: Sendable {
  private let entries = Guarded<[Element]>([])
  var all: [Element] { entries.withLock { $0 } }
  func append(_ entry: Element) { entries.withLock { $0.append(entry) } }
}

/// A variable that closures of any thread may share.
final class Box<Value>: @unchecked Sendable {
  private let mutex = Guarded(())
  private var content: Value?
  init(_ value: Value? = nil) { content = value }
  var value: Value? {
    get { mutex.withLock { _ in content } }
    set {
      // What was there is released outside the lock.
      var old = newValue
      mutex.withLock { _ in swap(&content, &old) }
    }
  }
}

/// In lazy mode, brings about what a death does by itself otherwise.
func settle() {
  if WeakReferences.isLazy { WeakReferences.collect() }
}

/// Whether a sanitizer owns malloc.
let isSanitized = dlsym(nil, "__tsan_init") != nil || dlsym(nil, "__asan_init") != nil

/// Leaves no block of memory that malloc could give, of any size.
func exhaustMemory() {
  var limit = rlimit(rlim_cur: 0, rlim_max: 0)
  setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
  var size = 1 << 24
  while size >= 16 {
    if let block = malloc(size) {
      // A block that nobody uses would be optimized away, and would never be null.
      block.storeBytes(
        of: lastBlock.exchange(UInt(bitPattern: block), ordering: .relaxed),
        as: UInt.self
      )
    } else {
      // The small sizes have lists of their own.
      size = size > 2_048 ? size / 2 : size - 16
    }
  }
}

private let lastBlock = Atomic<UInt>(0)

/// Writes to standard error, also during exit.
func say(_ text: String) {
  FileHandle.standardError.write(Data(text.utf8))
}
