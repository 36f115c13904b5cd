// Weak references beside Swift's own collections on the same work, in the same run.
import WeakReferences

final class Thing { var value: Int; init(_ v: Int) { value = v } }
final class Unpatched { var value: Int; init(_ v: Int) { value = v } }
let count = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1])! : 200_000, rounds = 1 + 2_000_000 / count
@MainActor func best(_ body: @MainActor () -> Void) -> Double {
  var result = Double.infinity
  for _ in 0..<rounds {
    let t = ContinuousClock().measure { body() }
    result = min(result, Double(t.components.attoseconds) / 1e9 + Double(t.components.seconds) * 1e9)
  }
  return result / Double(count)
}
var sink = 0
@MainActor @inline(never) func use(_ x: Int) { sink &+= x }
let things = (0..<count).map(Thing.init)
let order = (0..<count).map { $0 * 7919 % count }
func show(_ n: String, _ a: Double, _ b: Double) { print("\(n)  swift \(a)  ours \(b)  ratio \(b/a)") }
@MainActor func run() {
  let d = Dictionary(uniqueKeysWithValues: things.enumerated().map { ($0.offset, $0.element) })
  let w = WeakValueDictionary<Int, Thing>()
  for i in 0..<count { w[i] = things[i] }
  show("lookup", best { var t = 0; for k in order { t &+= blackHole(d[k]!) }; use(t) }, best { var t = 0; for k in order { t &+= blackHole(w[k]!) }; use(t) })
  show("insert", best { var d: [Int: Thing] = [:]; for i in 0..<count { d[i] = things[i] }; use(d.count) }, best { let d = WeakValueDictionary<Int, Thing>(); for i in 0..<count { d[i] = things[i] }; use(d.count) })
  show("insert+death", best { var d: [Int: Thing] = [:]; for i in 0..<count { d[i] = Thing(i) }; for i in 0..<count { d[i] = nil }; use(d.count) },
   best { let d = WeakValueDictionary<Int, Thing>(); var a: [Thing] = []; for i in 0..<count { let t = Thing(i); d[i] = t; a.append(t) }; a.removeAll(); use(d.count) })
  show("iterate", best { var t = 0; for (k, v) in d { t &+= blackHole(v) &+ k }; use(t) }, best { var t = 0; for (k, v) in w { t &+= blackHole(v) &+ k }; use(t) })
  let thing = things[0]
  show("ref same object", best { for _ in 0..<count { weak var x = thing; use(x == nil ? 1 : 0) } }, best { for _ in 0..<count { let r = WeakRef(thing) { _ in }; use(r.hasCallback ? 1 : 0) } })
  show("death", best { for i in 0..<count { let t = Unpatched(i); use(blackHole(t)) } }, best { for i in 0..<count { let t = Thing(i); use(blackHole(t)) } })
}
@inline(never) @_optimize(none) func blackHole(_ x: Thing) -> Int { x.value }
@inline(never) @_optimize(none) func blackHole(_ x: Unpatched) -> Int { x.value }
run()
