import Dispatch
import Glibc

/// The stack of a thread where one of the allocator's arenas has been: glibc unmaps each 64 MiB of one that become empty.

final class Node {}
final class Holder { let node = Node() }

let partSize: UInt = 64 << 20
let isFilled = DispatchSemaphore(value: 0)
let isHolding = DispatchSemaphore(value: 0)
/// The last 64 MiB that the arena had.
nonisolated(unsafe) var lastPart: UInt = 0

/// On another thread than the first, whose arena isn't made of parts.
func fillArena() {
  let blocks = (0..<3_000).compactMap { _ in malloc(60_000) }
  lastPart = UInt(bitPattern: blocks.last) & ~(partSize - 1)
  for block in blocks { free(block) }
}

@inline(never) func hold() {
  let holder = Holder()
  withExtendedLifetime(holder) {
    isHolding.signal()
    while true { sleep(1_000) }
  }
}

func startThread(
  stack: UnsafeMutableRawPointer?,
  _ body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?
) {
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  if let stack { pthread_attr_setstack(&attributes, stack, 1 << 20) }
  var thread = pthread_t()
  guard pthread_create(&thread, &attributes, body, nil) == 0 else { fatalError("no thread") }
}

@main struct Program {
  static func main() {
    startThread(stack: nil) { _ in
      fillArena()
      isFilled.signal()
      while true { sleep(1_000) }
    }
    isFilled.wait()
    let stack = mmap(
      UnsafeMutableRawPointer(bitPattern: lastPart),
      1 << 20,
      PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
      -1,
      0
    )
    guard let stack, stack != MAP_FAILED else { fatalError("the arena is still there") }
    startThread(stack: stack) { _ in
      hold()
      return nil
    }
    isHolding.wait()
    exit(0)
  }
}
