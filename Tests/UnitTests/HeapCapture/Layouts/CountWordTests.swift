import Foundation
import HeapGraph
import Testing

@testable import HeapCapture

@_silgen_name("swift_retainCount") private func runtimeRetainCount(_: UnsafeRawPointer) -> Int
@_silgen_name("swift_unownedRetainCount")
private func runtimeUnownedCount(_: UnsafeRawPointer) -> Int

@Suite struct CountWordTests {
  final class Thing {}

  @Test("Counts agree with the runtime's, inline and in a side table")
  func agreement() throws {
    let thing = Thing()
    let raw = UnsafeRawPointer(Unmanaged.passUnretained(thing).toOpaque())
    var owners: [Thing] = []
    for _ in 0..<5 {
      owners.append(thing)
      let graph = try InProcess.graph(ofAddresses: [InProcess.address(thing)])
      #expect(Int(graph.strongCounts[0]) == runtimeRetainCount(raw))
      #expect(Int(graph.unownedCounts[0]) == runtimeUnownedCount(raw) - 1)
      #expect(graph.weakCounts[0] == 0)
      #expect(graph.states[0] == .live)
    }
    weak let first = thing
    weak let second = thing
    unowned let third = thing
    let graph = try InProcess.graph(ofAddresses: [InProcess.address(thing)])
    #expect(Int(graph.strongCounts[0]) == runtimeRetainCount(raw))
    #expect(Int(graph.unownedCounts[0]) == runtimeUnownedCount(raw) - 1)
    #expect(graph.weakCounts[0] == 2)
    withExtendedLifetime((first, second, third, owners)) {}
  }

  @Test("A deinited object that an unowned reference keeps is told from a live one")
  func zombie() throws {
    final class Holder {
      unowned var thing: Thing
      init(_ thing: Thing) { self.thing = thing }
    }
    var thing: Thing? = Thing()
    let address = try #require(thing.map(InProcess.address))
    let holder = try #require(thing.map(Holder.init))
    thing = nil
    let graph = try InProcess.graph(ofAddresses: [address])
    #expect(graph.states[0] == .deinited)
    #expect(graph.unownedCounts[0] == 1)
    withExtendedLifetime(holder) {}
  }

  @Test("Private and local types lose their discriminators")
  func names() {
    #expect(displayName(ofDemangled: "App.(Cache in $7fd96434da58)") == "App.Cache")
    #expect(
      displayName(ofDemangled: "App.Box<App.(Key in _0A1B2C)>.(Inner in $1f)")
        == "App.Box<App.Key>.Inner"
    )
    #expect(
      displayName(ofDemangled: "App.Box<App.(unknown context at $55d2)).Key>")
        == "App.Box<App.(unknown context at $55d2)).Key>"
    )
    #expect(
      displayName(ofDemangled: "App.Box<App.(unknown context at $55d2).Key>") == "App.Box<App.Key>"
    )
    #expect(displayName(ofDemangled: "(Swift.Int, App.Node)") == "(Swift.Int, App.Node)")
  }

  @Test("The labels of a tuple are read from its type's name")
  func labels() {
    #expect(tupleLabels(ofDemangled: "(x: Swift.Int, App.Node)") == ["x", nil])
    #expect(
      tupleLabels(ofDemangled: "(f: (Swift.Int) -> (), g: [A<B, C>], Swift.Result<D, E>)")
        == ["f", "g", nil]
    )
    #expect(tupleLabels(ofDemangled: "()") == [nil])
    #expect(tupleLabels(ofDemangled: "App.Node").isEmpty)
  }
}
