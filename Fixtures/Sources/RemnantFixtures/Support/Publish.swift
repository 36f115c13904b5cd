/// Lets an object escape, so that the optimizer must make it on the heap.
///
/// Keeps 16 bits computed from the address, and no word that could be taken for a reference.
@inline(never)
@_optimize(none)
func publish(_ object: AnyObject) {
  let address = UInt(bitPattern: Unmanaged.passUnretained(object).toOpaque())
  publishedBits = (publishedBits &* 31 &+ address >> 4) & 0xffff
}

nonisolated(unsafe) private var publishedBits: UInt = 0

/// A number that the optimizer can't know, so that it can't unroll or evaluate a scenario.
@inline(never)
@_optimize(none)
func opaque(_ number: Int) -> Int { number }
