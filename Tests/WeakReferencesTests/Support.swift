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
  private let entries = Mutex<[Element]>([])
  var all: [Element] { entries.withLock { $0 } }
  func append(_ entry: Element) { entries.withLock { $0.append(entry) } }
}

/// A variable that closures of any thread may share.
final class Box<Value>: @unchecked Sendable {
  private let mutex = Mutex(())
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
