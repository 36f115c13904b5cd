import Testing

@testable import WeakReferences

/// Expects that the object which `make` makes isn't taken for dead while it lives, and that its callback runs once, with
/// every reference reading nil, when it is released.
///
/// The object's only owner is a box on the heap: the optimizer knows neither its type nor its lifetime.
func expectNotice<Object: AnyObject>(
  sourceLocation: SourceLocation = #_sourceLocation,
  _ make: () -> Object
) {
  let box = Box(make())
  let calls = Log<Bool>()
  // The type that the reference is made with says nothing of the object's.
  let plain = box.value.map { WeakRef<AnyObject>($0) }
  let reference = box.value.map { WeakRef($0) { calls.append($0.object == nil) } }
  #expect(calls.all.isEmpty, sourceLocation: sourceLocation)
  #expect(reference?.isAlive == true, sourceLocation: sourceLocation)
  box.value = nil
  settle()
  #expect(calls.all == [true], "\(Object.self)", sourceLocation: sourceLocation)
  #expect(reference?.object == nil && plain?.object == nil, sourceLocation: sourceLocation)
}
