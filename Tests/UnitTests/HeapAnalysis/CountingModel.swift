/// A tiny program under reference counting: what it leaves alive is the truth that tests compare with.
///
/// It knows nothing of graphs or cycles. It only does what a running program does: it touches objects
/// that it can reach from its globals, retains and releases, and frees at zero.
struct CountingModel {
  struct Object {
    var type: Int
    var isAlive = true
    var count = 0
    /// Retains without a release.
    var surplus = 0
    var strong: [Slot] = []
    var weak: [Int] = []
    /// References kept in a raw buffer of the object's.
    var buffered: [Int] = []
  }

  struct Slot: Hashable {
    var name: Int
    var target: Int
  }

  var objects: [Object] = []
  var globals: [Int] = []

  mutating func retain(_ object: Int) { objects[object].count += 1 }

  mutating func release(_ object: Int) {
    objects[object].count -= 1
    precondition(objects[object].isAlive && objects[object].count >= 0)
    guard objects[object].count == 0 else { return }
    objects[object].isAlive = false
    let slots = objects[object].strong
    let buffered = objects[object].buffered
    objects[object].strong = []
    objects[object].buffered = []
    for slot in slots { release(slot.target) }
    for target in buffered { release(target) }
  }

  mutating func clear(_ object: Int, where isCleared: (Slot) -> Bool) {
    let cleared = objects[object].strong.filter(isCleared)
    objects[object].strong.removeAll(where: isCleared)
    for slot in cleared where objects[slot.target].isAlive { release(slot.target) }
  }

  var reachable: Set<Int> {
    var seen = Set(globals)
    var pending = globals
    while let object = pending.popLast() {
      for target in objects[object].strong.map(\.target) + objects[object].buffered
      where seen.insert(target).inserted {
        pending.append(target)
      }
    }
    return seen
  }

  var leaked: Set<Int> {
    Set(objects.indices.filter { objects[$0].isAlive }).subtracting(reachable)
  }

  struct Options {
    var retainsTooMuch = false
    var hasBuffers = false
  }

  /// Runs a random program to its end.
  init(_ options: Options, using generator: inout some RandomNumberGenerator) {
    let typeCount = Int.random(in: 1...6, using: &generator)
    for _ in 0..<Int.random(in: 5...150, using: &generator) {
      let usable = reachable.sorted()
      guard let object = usable.randomElement(using: &generator),
        let other = usable.randomElement(using: &generator)
      else {
        allocate(typeCount, &generator)
        continue
      }
      switch Int.random(in: 0..<16, using: &generator) {
      case 0..<4: allocate(typeCount, &generator)
      case 4..<9:
        let name = Int.random(in: 0..<4, using: &generator)
        retain(other)
        objects[object].strong.append(Slot(name: name, target: other))
      case 9: objects[object].weak.append(other)
      case 10:
        if let slot = objects[object].strong.randomElement(using: &generator) {
          clear(object) { $0 == slot }
        }
      case 11 where options.retainsTooMuch:
        retain(other)
        objects[other].surplus += 1
      case 12 where options.hasBuffers:
        retain(other)
        objects[object].buffered.append(other)
      default:
        release(globals.remove(at: Int.random(in: globals.indices, using: &generator)))
      }
    }
  }

  private mutating func allocate(
    _ typeCount: Int,
    _ generator: inout some RandomNumberGenerator
  ) {
    var object = Object(type: Int.random(in: 0..<typeCount, using: &generator))
    object.count = 1
    globals.append(objects.count)
    objects.append(object)
  }
}
