import Foundation
import HeapGraph
import Synchronization
import Testing

@testable import HeapCapture

/// Every shape in which a Swift object can hold another, read from this very process.
@Suite struct TypeLayoutTests {
  class Node: ClassBound, @unchecked Sendable {
    var next: Node?
    var id = 1
  }

  protocol ClassBound: AnyObject {}
  protocol Shape {
    var id: Int { get }
  }
  struct Small: Shape {
    var id = 1
    var node: Node
  }
  struct Large: Shape {
    var id = 1
    var filler = (1, 2, 3)
    var node: Node
  }
  struct Failed: Error {
    var node: Node
  }
  enum Slot {
    case first(Node)
    case second(Node)
    case third(Node)
    case nothing
  }
  enum Mixed {
    case number(Int)
    case pair(Node, Node)
    case one(Node)
    case shape(any Shape)
    case nothing
  }
  indirect enum Tree {
    case leaf
    case branch(Tree, Node)
  }
  class Generic<Value> {
    var value: Value
    init(_ value: Value) { self.value = value }
  }

  final class Fields: Generic<Node?> {
    var strong: Node
    weak var weakly: Node?
    unowned var unownedly: Node
    unowned(unsafe) var unsafely: Node
    var unmanaged: Unmanaged<Node>
    var pair: (Int, Node)
    var small: Small
    lazy var later: Node = strong
    init(_ node: Node) {
      strong = node
      weakly = node
      unownedly = node
      unsafely = node
      unmanaged = .passUnretained(node)
      pair = (1, node)
      small = Small(node: node)
      super.init(node)
      _ = later
    }
  }

  @Test("A class's fields, inherited, generic, nested and lazy, have names and ownership")
  func fields() throws {
    let node = Node()
    let fields = Fields(node)
    let graph = try InProcess.graph(of: [node, fields])
    #expect(
      graph.references(from: fields, to: node)
        == [
          "value:strong", "strong:strong", "weakly:weak", "unownedly:unowned", "unsafely:unmanaged",
          "unmanaged:unmanaged", "pair.1:strong", "small.node:strong", "later:strong",
        ].filter { $0 != "weakly:weak" }
    )
    let type = try #require(graph.node(fields).map(graph.type(of:)))
    #expect(type.name == String(reflecting: Fields.self))
    #expect(type.isClassInstance)
  }

  @Test("The live case of an enum is read, and the words of others are not")
  func enums() throws {
    final class Enums {
      var slots: (Slot, Slot, Slot, Slot)
      var optional: Slot?
      var mixed: Mixed
      var result: Result<Node, any Error>
      init(_ node: Node, _ mixed: Mixed) {
        slots = (.first(node), .second(node), .third(node), .nothing)
        optional = .second(node)
        self.mixed = mixed
        result = .success(node)
      }
    }
    let node = Node()
    let cases: [(Mixed, [String])] = [
      (.number(Int(bitPattern: Unmanaged.passUnretained(node).toOpaque())), []),
      (.pair(node, node), ["mixed.pair.0:strong", "mixed.pair.1:strong"]),
      (.one(node), ["mixed.one:strong"]),
      (.shape(Small(node: node)), ["mixed.shape.node:strong"]),
      (.nothing, []),
    ]
    for (mixed, expected) in cases {
      let enums = Enums(node, .pair(node, node))
      enums.mixed = mixed
      let graph = try InProcess.graph(of: [node, enums])
      #expect(
        graph.references(from: enums, to: node)
          == ["slots.0.first:strong", "slots.1.second:strong", "slots.2.third:strong"]
          + ["optional.second:strong"] + expected + ["result.success:strong"]
      )
    }
  }

  @Test("Existentials are read by the type that they hold, inline and boxed")
  func existentials() throws {
    final class Existentials {
      var inline: any Shape
      var optional: (any Shape)?
      var any: Any
      var classBound: any ClassBound
      var object: AnyObject?
      weak var weakly: (any ClassBound)?
      unowned var unownedly: any ClassBound
      init(_ node: Node) {
        inline = Small(node: node)
        optional = Small(node: node)
        any = node
        classBound = node
        object = node
        unownedly = node
      }
    }
    let node = Node()
    let holder = Existentials(node)
    let graph = try InProcess.graph(of: [node, holder])
    #expect(
      graph.references(from: holder, to: node) == [
        "inline.node:strong", "optional.node:strong", "any:strong", "classBound:strong",
        "object:strong", "unownedly:unowned",
      ]
    )

    let boxed = Existentials(node)
    boxed.inline = Large(node: node)
    boxed.any = Failed(node: node) as any Error
    let box = InProcess.pointer(boxed, at: 16)
    let withBox = try InProcess.graph(
      ofAddresses: [InProcess.address(node), InProcess.address(boxed), box])
    let boxNode = try #require(withBox.node(containing: box.rawValue))
    #expect(withBox.type(of: boxNode).kind == .box)
    let edge = try #require(withBox.edges(of: boxNode).first)
    #expect(edge.target == withBox.node(node))
    #expect(withBox.label(of: edge).name == "node")
    #expect(withBox.label(of: edge).ownership == .strong)
  }

  @Test("A managed buffer's elements are named, and own nothing for certain; its header does")
  func managedBuffer() throws {
    final class Table: ManagedBuffer<Node, (Int32, Node, @convention(c) () -> Void, Slot)> {}
    class Direct: ManagedBuffer<Int, () -> Void> {}
    final class Derived: Direct {}
    let node = Node()
    let table = Table.create(minimumCapacity: 4) { _ in node }
    table.withUnsafeMutablePointerToElements {
      $0.initialize(to: (1, node, {}, .second(node)))
    }
    defer { _ = table.withUnsafeMutablePointerToElements { $0.deinitialize(count: 1) } }
    let graph = try InProcess.graph(of: [node, table])
    let references = graph.references(from: table, to: node)
    #expect(references.prefix(2) == ["header:strong", "[].1:conservative"])
    #expect(references.dropFirst(2).first?.hasPrefix("[].3") == true)
    #expect(references.count == 3)

    let handlers = Derived.create(minimumCapacity: 2) { _ in 1 }
    handlers.withUnsafeMutablePointerToElements { $0.initialize(to: { node.id += 1 }) }
    defer { _ = handlers.withUnsafeMutablePointerToElements { $0.deinitialize(count: 1) } }
    let other = try InProcess.graph(of: [node, handlers])
    #expect(other.references(from: handlers, to: node) == ["[]:conservative"])
    #expect(other.labels.contains { $0.name == "[]" && $0.functionAddress != 0 })
  }

  @Test("What a key path's subscript was given is called its argument")
  func keyPath() throws {
    struct Lookup {
      subscript(key: ObjectIdentifier, node: NodeKey) -> Int { 1 }
    }
    struct NodeKey: Hashable {
      var node: Node
      static func == (a: NodeKey, b: NodeKey) -> Bool { a.node === b.node }
      func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(node)) }
    }
    let node = Node()
    let path: KeyPath<Lookup, Int> = \Lookup.[ObjectIdentifier(node), NodeKey(node: node)]
    let graph = try InProcess.graph(of: [node, path])
    let references = graph.references(from: path, to: node)
    #expect(references == ["argument:conservative", "argument:conservative"])
  }

  @Test("Elements of arrays, sets and dictionaries are typed; removed ones are gone")
  func collections() throws {
    final class Collections {
      var array: [Node?]
      var contiguous: ContiguousArray<(Int, Node)>
      var dictionary: [String: Small]
      var keys: [ObjectKey: Int]
      var set: Set<ObjectKey>
      init(_ node: Node) {
        array = [nil, node, node]
        contiguous = [(1, node)]
        dictionary = ["a": Small(node: node), "b": Small(node: node), "c": Small(node: node)]
        keys = [ObjectKey(node: node): 1]
        set = [ObjectKey(node: node)]
      }
    }
    struct ObjectKey: Hashable {
      var node: Node
      static func == (a: ObjectKey, b: ObjectKey) -> Bool { a.node === b.node }
      func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(node)) }
    }
    let node = Node()
    let holder = Collections(node)
    holder.dictionary["b"] = nil
    var addresses = [InProcess.address(node), InProcess.address(holder)]
    let storages = (0..<5).map { InProcess.pointer(holder, at: 16 + $0 * 8) }
    addresses += storages
    let graph = try InProcess.graph(ofAddresses: addresses)
    let found = try storages.map { storage in
      let index = try #require(graph.node(containing: storage.rawValue))
      #expect(graph.type(of: index).kind == .collectionStorage)
      return graph.edges(of: index).filter { $0.target == graph.node(node) }.map {
        graph.label(of: $0).name
      }
    }
    #expect(
      found == [["[]", "[]"], ["[].1"], ["[].node", "[].node"], ["[key].node"], ["[].node"]]
    )
    #expect(
      graph.typedReferences(from: holder).map(\.name)
        == ["array", "contiguous", "dictionary", "keys", "set"]
    )
  }

  @Test("Closures hold what they capture, also in generic functions and captured variables")
  func closures() throws {
    final class Handlers {
      var single: () -> Void
      var several: (() -> Void)?
      var generic: () -> Int
      init(_ node: Node) {
        single = { node.id += 1 }
        var counter = 0
        let small = Small(node: node)
        several = {
          counter += 1
          node.id += small.id
        }
        generic = Handlers.make((node, small))
      }
      @inline(never) static func make<Value>(_ value: Value) -> () -> Int {
        let values = [value]
        return { withExtendedLifetime(value) { values.count } }
      }
    }
    let node = Node()
    let handlers = Handlers(node)
    let contexts = [InProcess.pointer(handlers, at: 40), InProcess.pointer(handlers, at: 56)]
    let graph = try InProcess.graph(
      ofAddresses: [InProcess.address(node), InProcess.address(handlers)] + contexts
    )
    // One captured object is its own context.
    #expect(graph.references(from: handlers, to: node) == ["single:strong"])
    for context in contexts {
      let index = try #require(graph.node(containing: context.rawValue))
      #expect(graph.type(of: index).kind == .closureContext)
      let captured = graph.edges(of: index).filter { $0.target == graph.node(node) }
      #expect(!captured.isEmpty)
      #expect(
        captured.allSatisfy {
          graph.label(of: $0).ownership == .strong
            && graph.label(of: $0).name.hasPrefix("capture ")
        }
      )
    }
    let stored = graph.typedReferences(from: handlers)
    #expect(stored.map(\.name) == ["single", "several", "generic"])
    #expect(stored.allSatisfy { $0.functionAddress != 0 })
  }

  @Test("What SwiftRemoteMirror can't lower doesn't hide the other properties")
  func rawLayouts() throws {
    final class Guarded {
      let before: Node
      let mutex: Mutex<Node?>
      let after: [Int]
      let atomic = Atomic<Int>(1)
      let last: Small
      init(_ node: Node) {
        before = node
        mutex = Mutex(node)
        after = []
        last = Small(node: node)
      }
    }
    final class Inline {
      var nodes: InlineArray<2, Small>
      init(_ node: Node) { nodes = [Small(node: node), Small(node: node)] }
    }
    let node = Node()
    let guarded = Guarded(node)
    let inline = Inline(node)
    let graph = try InProcess.graph(of: [node, guarded, inline])
    #expect(
      graph.references(from: guarded, to: node)
        == ["before:strong", "mutex:strong", "last.node:strong"]
    )
    #expect(
      graph.references(from: inline, to: node) == ["nodes[].node:strong", "nodes[].node:strong"]
    )
  }

  @Test("nor properties whose type is a generic parameter, also of a type around the class")
  func rawLayoutsInGenericClasses() throws {
    let node = Node()
    let pair = Pair(Small(node: node), node)
    let inner = Outer<Int>.Inner(node, 1)
    pair.mutex.withLock { $0 = node }
    let graph = try InProcess.graph(of: [node, pair, inner])
    #expect(
      graph.references(from: pair, to: node)
        == ["first.node:strong", "mutex:strong", "second:strong"]
    )
    #expect(graph.references(from: inner, to: node) == ["second:strong"])
  }

  @Test("Actors, Foundation's classes and indirect cases")
  func others() throws {
    actor Worker {
      var node: Node
      init(_ node: Node) { self.node = node }
    }
    final class Holder {
      var tree: Tree
      init(_ tree: Tree) { self.tree = tree }
    }
    let node = Node()
    let worker = Worker(node)
    let array = NSMutableArray(array: [node])
    let holder = Holder(.branch(.leaf, node))
    let box = InProcess.pointer(holder, at: 16) & MachineLayout.current.referenceMask
    let graph = try InProcess.graph(
      ofAddresses: [node, worker, array, holder].map(InProcess.address) + [box]
    )
    #expect(graph.references(from: worker, to: node) == ["node:strong"])
    #expect(
      graph.node(array).map(graph.type(of:))?.name == String(reflecting: NSMutableArray.self)
    )
    let boxIndex = try #require(graph.node(containing: box.rawValue))
    let edge = try #require(graph.edges(of: boxIndex).first { $0.target == graph.node(node) })
    #expect(graph.label(of: edge).ownership == .strong)
  }
}

private final class Pair<First, Second> {
  let first: First
  let mutex = Mutex<TypeLayoutTests.Node?>(nil)
  let second: Second
  init(_ first: First, _ second: Second) { (self.first, self.second) = (first, second) }
}

/// A generic type in a generic type: `First` is the parameter of `Outer`, by its place.
private enum Outer<First> {
  final class Inner<Second> {
    let second: Second
    let mutex = Mutex(0)
    let first: First
    init(_ second: Second, _ first: First) { (self.second, self.first) = (second, first) }
  }
}
