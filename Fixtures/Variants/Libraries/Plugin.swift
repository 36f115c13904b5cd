// A library that the program opens by itself: its classes are known only then.

final class Gear {
  var next: Gear?
  var others: [Gear] = []
  var onTurn: (() -> Void)?
}

final class Engine<Part> {
  var part: Part?
}

/// Keeps the parts as long as the program wants.
final class Crate {
  var parts: [AnyObject] = []
}

/// Three cycles, in a crate that is the caller's to release.
@_cdecl("makeCrate") public func makeCrate() -> UnsafeMutableRawPointer {
  let gear = Gear()
  gear.next = Gear()
  gear.next?.others = [gear]
  let turning = Gear()
  turning.onTurn = { turning.others = [] }
  let engine = Engine<AnyObject>()
  engine.part = engine
  let crate = Crate()
  crate.parts = [gear, turning, engine]
  return Unmanaged.passRetained(crate).toOpaque()
}
