import CWeakReferences
import Foundation
import Testing

@testable import WeakReferences

/// The three layouts of the runtime that `patch.c` relies on, and the one of `closure_captures.c`.
///
/// Where one of these fails, a new toolchain has changed the runtime: look at the header that is named here before
/// anything else.
@Suite struct RuntimeLayoutTests {
  private final class Fresh {}
  private final class GenericFresh<Element> {}
  private actor FreshActor {}

  private func metadata(of object: AnyObject) -> UnsafePointer<UInt> {
    Unmanaged.passUnretained(object).toOpaque().load(as: UnsafePointer<UInt>.self)
  }

  private func metadata(of type: AnyClass) -> UnsafePointer<UInt> {
    unsafeBitCast(type, to: UnsafePointer<UInt>.self)
  }

  /// The second word of an object.
  private func counts(_ object: AnyObject) -> UInt64 {
    Unmanaged.passUnretained(object).toOpaque().load(fromByteOffset: 8, as: UInt64.self)
  }

  @Test(
    "an object's first word is its metadata, whose first word is a class's kind: 0 or above 0x7FF"
  )
  func kind() {
    // `Metadata.h`: `getEnumeratedMetadataKind`, `LastEnumeratedMetadataKind`.
    let objects: [AnyObject] = [
      Fresh(), GenericFresh<Int>(), GenericFresh<String>(), FreshActor(), NSObject(),
      NSMutableString(string: "a"),
      unsafeBitCast(Array(0..<Int.random(in: 1..<9)), to: AnyObject.self),
    ]
    for object in objects {
      #expect(metadata(of: object) == metadata(of: type(of: object) as AnyClass))
      let kind = metadata(of: object)[0]
      #expect(kind == 0 || kind > 0x7FF, "\(type(of: object)) has \(kind)")
    }
    // `MetadataKind.def`: HeapLocalVariable, which is the kind of a closure's context.
    let number = Int.random(in: 0..<9)
    let closure = FinalAction { number }
    let context = closure.context?.load(as: UnsafePointer<UInt>.self)
    #expect(context?.pointee == 0x400)
    withExtendedLifetime(closure) {}
  }

  @Test(
    "two words before a class's metadata is its deallocating deinit, in memory that can be written to"
  )
  func deallocatingDeinit() throws {
    // `Metadata.h`: `TargetHeapMetadataHeaderPrefix`. Classes that no test refers weakly to.
    let classes: [(AnyClass, String)] = [
      (Progress.self, "$s10Foundation8ProgressCfD"), (Host.self, "$s10Foundation4HostCfD"),
      (AnyKeyPath.self, "$ss10AnyKeyPathCfD"),
    ]
    for (metatype, symbol): (AnyClass, String) in classes {
      let address = try #require(dlsym(nil, symbol), "\(symbol)")
      #expect(metadata(of: metatype)[-2] == UInt(bitPattern: address), "\(symbol)")
      #expect(try isWritable(metadata(of: metatype) - 2), "\(symbol)")
    }
  }

  /// Whether the maps of the process say so.
  private func isWritable(_ address: UnsafePointer<UInt>) throws -> Bool {
    // `contents(atPath:)` reads a page of it, no more.
    let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/maps"))
    let maps = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    let place = UInt(bitPattern: address)
    return maps.split(separator: "\n").contains { line in
      let parts = line.split(separator: " ", maxSplits: 2)
      let bounds = parts[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      return bounds.count == 2 && (bounds[0]..<bounds[1]).contains(place)
        && parts[1].hasPrefix("rw")
    }
  }

  @Test("a class is patched by its first registration, once, and its subclass by its own")
  func patching() async {
    await #expect(processExitsWith: .success) {
      class Base {}
      final class Derived: Base {}
      func slot(_ type: AnyClass) -> UInt { unsafeBitCast(type, to: UnsafePointer<UInt>.self)[-2] }
      let before = (slot(Base.self), slot(Derived.self))
      WeakReferences.isLazy = true
      _ = WeakRef(Base())
      guard (slot(Base.self), slot(Derived.self)) == before else { exit(1) }
      WeakReferences.isLazy = false
      _ = WeakRef(Base())
      let hook = slot(Base.self)
      guard hook != before.0, slot(Derived.self) == before.1 else { exit(2) }
      _ = WeakRef(Base())
      _ = WeakRef(Derived())
      guard (slot(Base.self), slot(Derived.self)) == (hook, hook) else { exit(3) }
    }
  }

  @Test(
    "an object's second word has its counts: a flag, 31 bits of unowned references, then the strong ones"
  )
  func counts() {
    // `RefCount.h`: `RefCountBitOffsets<8>`. A new object has one unowned reference, which is itself.
    let object = Fresh()
    let address = Unmanaged.passUnretained(object).toOpaque()
    let fresh = counts(object)
    #expect(UInt32(truncatingIfNeeded: fresh) == 3)
    #expect(fresh >> 63 == 0)
    _ = swift_unownedRetain(address)
    #expect(counts(object) == fresh + 2)
    _ = swift_tryRetain(address)
    #expect(counts(object) == fresh + 2 + 1 << 33)
    swift_release(address)
    swift_unownedRelease(address)
    #expect(counts(object) == fresh)
    // The registry's mark: one unowned reference, for as long as anything is registered.
    do {
      let references = (WeakRef(object), WeakRef(object))
      #expect(counts(object) == fresh + 2)
      withExtendedLifetime(references) {}
    }
    #expect(counts(object) == fresh)
    // The first weak variable moves the counts elsewhere, which the highest bit says.
    weak let variable = object
    #expect(counts(object) >> 63 == 1)
    #expect(swift_unownedRetainCount(address) == 1)
    withExtendedLifetime((object, variable)) {}
  }

  @Test("an object whose counts are elsewhere is noticed, registered before or after")
  func sideTables() {
    weak var variable: Item?
    expectNotice {
      let item = Item()
      variable = item
      return item
    }
    #expect(variable == nil)
    let (deaths, box) = (Counter(), Box(Item()))
    let reference = box.value.map { WeakRef($0) { _ in deaths.increment() } }
    variable = box.value
    #expect(variable != nil)
    box.value = nil
    settle()
    #expect(deaths.value == 1)
    #expect(variable == nil)
    // Nor does an unowned reference that stays make a difference.
    final class Holder {
      unowned let item: Item
      init(_ item: Item) { self.item = item }
    }
    let other = Box(Item())
    let holder = other.value.map(Holder.init)
    let second = other.value.map { WeakRef($0) { _ in deaths.increment() } }
    other.value = nil
    settle()
    #expect(deaths.value == 2)
    withExtendedLifetime((reference, second, holder)) {}
  }

  @Test("an immortal object can be referred to, and never dies")
  func immortalObjects() {
    // The storage of all empty arrays is one object of the standard library's.
    let empty = unsafeBitCast([Int](), to: AnyObject.self)
    let deaths = Counter()
    let reference = WeakRef(empty) { _ in deaths.increment() }
    #expect(reference.object === empty)
    settle()
    #expect(deaths.value == 0 && reference.isAlive)
  }
}
