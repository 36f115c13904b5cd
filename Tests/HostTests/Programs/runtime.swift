import Glibc

/// Writes over the runtime's own empty array, so that its count is not what a static object has.

final class Node { var other: Node? }

@main struct Program {
  static func main() {
    let node = Node()
    node.other = node
    guard let storage = dlsym(nil, "_swiftEmptyArrayStorage") else { fatalError("no runtime") }
    // A thousand references; the storage is never freed.
    storage.storeBytes(of: 0x7d0_0000_0003, toByteOffset: 8, as: UInt64.self)
    print("overwritten")
  }
}
