import Foundation
import Testing

@testable import WeakReferences

/// Deaths of objects whose classes come from libraries.
@Suite struct LibraryClassTests {
  /// What a structure of one word refers to.
  private func object<Value>(of value: Value) -> AnyObject {
    precondition(MemoryLayout<Value>.size == MemoryLayout<AnyObject>.size)
    return unsafeBitCast(value, to: AnyObject.self)
  }

  /// Elements of a type that the standard library has no storage ready for.
  private enum Key: Hashable {
    case number(Int)
  }

  @Test("the standard library's: storage of collections, boxes, key paths, managed buffers")
  func standardLibrary() {
    // A number that the compiler doesn't know: constant collections are part of the program.
    let count = Int.random(in: 20..<30)
    let keys = (0..<count).map { Key.number($0) }
    expectNotice { object(of: (0..<count).map { Key.number($0) }) }
    expectNotice { object(of: ContiguousArray((0..<count).map { Key.number($0) })) }
    expectNotice { object(of: Set(keys)) }
    expectNotice { object(of: Dictionary(uniqueKeysWithValues: keys.map { ($0, "a") })) }
    expectNotice { object(of: AnySequence(keys)) }
    expectNotice { object(of: AnyIterator(keys.makeIterator())) }
    expectNotice { storage(of: String(repeating: "ab", count: count)) }
    expectNotice { keyPath() }
    expectNotice { ManagedBuffer<Int, Int>.create(minimumCapacity: count) { _ in 1 } }
    expectNotice { ManagedBuffer<String, Item>.create(minimumCapacity: count) { _ in "a" } }
  }

  @Test("the standard library's generic classes whose metadata came with it, in read-only memory")
  func readyMadeMetadata() async {
    // `.data.rel.ro` of libswiftCore has `_ContiguousArrayStorage<Int>`. In a process of its own, where nobody has
    // made the page writable before.
    await #expect(processExitsWith: .success) {
      let count = Int.random(in: 20..<30)
      let deaths = Counter()
      let registry = DeathRegistry<Int> { _ in deaths.increment() }
      do {
        let array = Array(0..<count)
        let metadata = unsafeBitCast(array, to: UnsafePointer<UInt>.self)[0]
        guard !Self.isWritable(metadata) else { exit(2) }
        registry.register(unsafeBitCast(array, to: AnyObject.self), holding: 1)
        // As it was before.
        guard !Self.isWritable(metadata) else { exit(3) }
        // Arrays of objects have one storage class, whatever class the objects are of.
        let items = (0..<count).map { Item($0) }
        registry.register(unsafeBitCast(items, to: AnyObject.self), holding: 4)
        registry.register(unsafeBitCast(Set(0..<count), to: AnyObject.self), holding: 2)
        let pairs = Dictionary(uniqueKeysWithValues: (0..<count).map { ("\($0)", $0) })
        registry.register(unsafeBitCast(pairs, to: AnyObject.self), holding: 3)
      }
      settle()
      exit(deaths.value == 4 ? 0 : 1)
    }
  }

  /// Whether the page that an address lies in can be written.
  private static func isWritable(_ address: UInt) -> Bool {
    let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
    return maps.split(separator: "\n").contains { line in
      let columns = line.split(separator: " ")
      let bounds = columns[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      return bounds[0] <= address && address < bounds[1] && columns[1].contains("w")
    }
  }

  @Test("a class that lies where one of a library did that was closed")
  func reusedPlace() {
    // Lazily, no class is written to.
    guard !WeakReferences.isLazy else { return }
    final class Former { var value = 1 }
    final class Latter { var value = 2 }
    // The word two before the metadata is the deinit, which a library that is opened there brings along.
    func deinitialize(_ object: AnyObject) -> UnsafeMutablePointer<UInt> {
      unsafeBitCast(object, to: UnsafePointer<UnsafeMutablePointer<UInt>>.self)[0] - 2
    }
    expectNotice { Former() }
    let slot = deinitialize(Former())
    let hook = slot.pointee
    slot.pointee = deinitialize(Latter()).pointee
    #expect(slot.pointee != hook)
    expectNotice { Former() }
    #expect(slot.pointee == hook)
  }

  /// A large string's object is its second word, but for four bits (`StringObject.swift`).
  private func storage(of string: String) -> AnyObject {
    let words = unsafeBitCast(string, to: (UInt, UInt).self)
    return withExtendedLifetime(string) {
      unsafeBitCast(words.1 & (1 << 60 - 1), to: Unmanaged<AnyObject>.self).takeUnretainedValue()
    }
  }

  /// One that is put together; those of literals live for ever.
  private func keyPath() -> AnyKeyPath {
    let path: PartialKeyPath<Leaf> = \Leaf.name
    return path.appending(path: \String.count as AnyKeyPath) ?? path
  }

  private final class Leaf { let name = "a" }

  @Test("subclasses of ManagedBuffer, whose elements lie behind the object")
  func managedBuffers() {
    final class Buffer: ManagedBuffer<Int, Item> {
      deinit {
        _ = withUnsafeMutablePointers { header, elements in
          elements.deinitialize(count: header.pointee)
        }
      }
    }
    final class GenericBuffer<Element>: ManagedBuffer<Void, Element> {}
    let elements = Box((0..<3).map { Item($0) })
    let observers = (elements.value ?? []).map { WeakRef($0) }
    expectNotice { () -> ManagedBuffer<Int, Item> in
      let items = elements.value ?? []
      let buffer = Buffer.create(minimumCapacity: items.count) { _ in items.count }
      buffer.withUnsafeMutablePointerToElements { pointer in
        for (place, item) in items.enumerated() {
          (pointer + place).initialize(to: item)
        }
      }
      return buffer
    }
    elements.value = nil
    // Its own deinit has run.
    #expect(observers.count == 3)
    #expect(observers.allSatisfy { $0.object == nil })
    expectNotice { GenericBuffer<Int>.create(minimumCapacity: 100) { _ in } }
    expectNotice { GenericBuffer<Item>.create(minimumCapacity: 0) { _ in } }
  }

  @Test("Foundation's, and subclasses of them")
  func foundation() {
    final class Record: NSObject {
      let items = [Item()]
    }
    class Job: Operation, @unchecked Sendable {}
    let number = Int.random(in: 1_000..<2_000)
    let makers: [() -> AnyObject] = [
      { Record() }, { Job() }, { NSObject() }, { NSMutableString(string: "a\(number)") },
      { NSString(string: "a string \(number)") }, { NSMutableArray(array: [number]) },
      { NSMutableDictionary(object: number, forKey: NSString("a")) }, { NSMutableSet(capacity: 1) },
      { NSMutableData(length: number) ?? NSMutableData() }, { NSNumber(value: number) },
      { NSDate() }, { NSUUID() }, { NSLock() },
      { NSError(domain: "a", code: number) }, { NSLocale(localeIdentifier: "de_DE") },
      { NSCalendar(identifier: .gregorian) ?? NSObject() }, { DateFormatter() },
      { NumberFormatter() }, { JSONEncoder() }, { PropertyListDecoder() }, { OperationQueue() },
      { NotificationCenter() }, { Scanner(string: "a") }, { NSCache<NSString, NSObject>() },
      { NSCountedSet(array: [number]) }, { NSURL(fileURLWithPath: "/") }, { FileManager() },
    ]
    for (place, make) in makers.enumerated() {
      let name = "\(type(of: make())), number \(place)"
      #expect(isNoticed(make), "\(name)")
    }
  }

  private func isNoticed(_ make: () -> AnyObject) -> Bool {
    let deaths = Counter()
    let box = Box(make())
    let reference = box.value.map { WeakRef($0) { _ in deaths.increment() } }
    box.value = nil
    settle()
    return deaths.value == 1 && reference?.object == nil
  }
}
