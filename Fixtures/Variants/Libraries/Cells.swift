// C++ values beside Swift references.
//
//     Cells keep     a global holds everything
//     Cells leak     two cycles through classes that store C++ values
import Cells

final class Tissue {
  var before = makeCell()
  var count: Int8 = 1
  var next: Tissue?
  var after = makeCell()
}

final class Boxed<Value> {
  var value: Value
  var owner: AnyObject?
  init(_ value: Value) { self.value = value }
}

nonisolated(unsafe) var kept: [AnyObject] = []

@inline(never) func make() -> [AnyObject] {
  let tissue = Tissue()
  tissue.next = Tissue()
  tissue.next?.next = tissue
  let boxed = Boxed(makeCell())
  boxed.owner = boxed
  return [tissue, boxed]
}

@inline(never) func run() {
  let made = make()
  if CommandLine.arguments.dropFirst().first == "keep" { kept = made }
}

run()
print("done")
