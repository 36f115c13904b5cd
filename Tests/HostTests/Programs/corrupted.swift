// Overwrites what the Swift runtime relies on, and ends before it can notice.
import Glibc

class Base { var number = 1 }
final class Derived: Base {
  var other: Derived?
  var elements: [Derived] = []
}

@main enum Main {
  static func main() {
    let object = Derived()
    let other = Derived()
    object.other = other
    other.other = Derived()
    for _ in 0..<10 { object.elements.append(Derived()) }
    // Nothing is released on the way out.
    let words = Unmanaged.passRetained(object).toOpaque().assumingMemoryBound(to: UInt.self)
    let victim = Unmanaged.passRetained(other).toOpaque()
      .assumingMemoryBound(to: UInt.self)
    switch CommandLine.arguments[1] {
    case "metadata": victim[0] = 0x4141_4141_4141_4141
    case "metadata of another": victim[0] = UInt(bitPattern: words)
    case "metadata of itself": victim[0] = UInt(bitPattern: victim)
    case "no metadata": victim[0] = 0
    case "odd metadata": victim[0] += 1
    case "count": victim[1] = 0xdead_beef_dead_beef
    case "all ones": victim[1] = UInt.max
    case "no count": victim[1] = 0
    case "side table": victim[1] = 1 << 63 | 0x1234_5678
    case "array":
      // Header: metadata, counts, count, capacity.
      let array = unsafeBitCast(object.elements, to: UnsafeMutablePointer<UInt>.self)
      array[2] = 1 << 40
      array[3] = 1 << 41
    case "own superclass", "superclass of superclass", "no superclass", "kind", "descriptor":
      guard let metadata = UnsafeMutablePointer<UInt>(bitPattern: victim[0]) else { exit(1) }
      switch CommandLine.arguments[1] {
      case "own superclass": metadata[1] = UInt(bitPattern: metadata)
      case "superclass of superclass":
        UnsafeMutablePointer<UInt>(bitPattern: metadata[1])?[1] = UInt(bitPattern: metadata)
      case "no superclass": metadata[1] = 0x4141_4141_4141
      case "kind": metadata[0] = 0x7ff
      default: metadata[5] = UInt(bitPattern: victim)
      }
    default: exit(1)
    }
    print("corrupted")
    exit(0)
  }
}
