// Many of the shapes that a Swift heap has, in one program without dependencies, to be built in many
// ways: stripped, without reflection metadata, with the static standard library.
//
//     Shapes keep     everything is held by a global: nothing is leaked
//     Shapes leak     ten cycles through ten shapes, and two tasks that came to their end
import Foundation
import Observation
import Synchronization

class Node: @unchecked Sendable {
  var next: Node?
  var tag = 0
}
final class Holder: Node, @unchecked Sendable { var held: AnyObject? }

final class ErrorNode: Error, @unchecked Sendable { var held: AnyObject? }
struct StructError: Error {
  var node: Node
  var text: String
}
enum EnumError: Error {
  case bad(Node)
  case worse(Int, Node)
  case plain
}

struct Uncopyable: ~Copyable {
  var node: Node
  deinit {}
}
final class HoldsUncopyable {
  var value = Uncopyable(node: Node())
  var held: AnyObject?
}

struct LockedState {
  var nodes: [Node] = []
  var callback: (() -> Void)?
  var name = "a rather long name for a string"
}
final class Locked: @unchecked Sendable {
  let state = Mutex(LockedState())
  let node = Mutex<Node?>(nil)
  let number = Atomic<Int>(3)
  let cache = AtomicLazyReference<Node>()
}

final class Pack<each Value> {
  var values: (repeat each Value)
  init(_ values: repeat each Value) { self.values = (repeat each values) }
}

final class HashableNode: Hashable {
  var held: AnyObject?
  static func == (left: HashableNode, right: HashableNode) -> Bool { left === right }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
final class Hashes {
  var key: AnyHashable = 0
  var set: Set<AnyHashable> = []
  var dictionary: [AnyHashable: Any] = [:]
}

struct Argument: Hashable { var node: HashableNode }
final class Paths {
  var path: AnyKeyPath?
  subscript(argument: Argument) -> Int { 3 }
}

final class Texts {
  var long = "a long string that lives on the heap, surely"
  var part: Substring = ""
  var foundation: NSString = ""
  var node: Node?
  var data = Data(count: 100)
  var url = URL(string: "https://example.com/a/b")
  var characters: [Character] = ["a", "👨‍👩‍👧‍👦"]
}

final class Buffer: ManagedBuffer<Node, Node> {
  deinit { withUnsafeMutablePointerToElements { _ = $0.deinitialize(count: 2) } }
}

@propertyWrapper struct Wrapped<Value> {
  var wrappedValue: Value
}
final class Properties {
  @Wrapped var node: Node? = nil
  lazy var later = Node()
  lazy var count: () -> Int = { [unowned self] in self.number }
  var number = 2
  static let shared = Properties()
}

@Observable final class Model {
  var items: [Node] = []
  var title = "title"
  var child: Model?
  @ObservationIgnored weak var parent: Model?
}

final class Inline {
  var optionals: InlineArray<3, Node?> = [nil, nil, nil]
  var pairs: InlineArray<2, (Int, Node)> = [(1, Node()), (2, Node())]
}

final class Existentials {
  var errors: ContiguousArray<any Error> = []
  var slice: ArraySlice<Node> = []
  var optionals: [EnumError?] = []
  var handlers: [String: [() -> Void]] = [:]
  var values: [Any] = []
  var type: Any.Type = Int.self
  var result: Result<Node, any Error> = .failure(EnumError.plain)
}

actor Waiter {
  var continuation: CheckedContinuation<Void, Never>?
  func wait() async { await withCheckedContinuation { continuation = $0 } }
  func go() -> Bool {
    defer { continuation = nil }
    continuation?.resume()
    return continuation != nil
  }
}

nonisolated(unsafe) var kept: [AnyObject] = []

@inline(never)
func build(leaks: Bool) {
  let uncopyable = HoldsUncopyable()
  if leaks { uncopyable.held = uncopyable }

  let locked = Locked()
  locked.state.withLock {
    $0.nodes = [Node(), Node()]
    if leaks { $0.callback = { print(locked) } }
  }
  locked.node.withLock { $0 = Node() }
  _ = locked.cache.storeIfNil(Node())

  let pack = Pack(1, Node(), "x", [Node()])
  let cyclicPack = Pack<AnyObject?, Int>(nil, 2)
  if leaks { cyclicPack.values.0 = cyclicPack }

  let hashes = Hashes()
  let hashed = HashableNode()
  hashes.key = AnyHashable(hashed)
  hashes.set = [AnyHashable(hashed), 3, "a string of more than fifteen bytes"]
  hashes.dictionary = ["a": Node(), 3: hashed, AnyHashable(Argument(node: hashed)): (1, Node())]
  if leaks { hashed.held = hashes }

  let paths = Paths()
  let argument = HashableNode()
  paths.path = \Paths[Argument(node: argument)]
  if leaks { argument.held = paths }

  let texts = Texts()
  texts.part = texts.long.dropFirst(3)
  texts.foundation = NSString(string: texts.long)
  texts.node = Node()
  texts.long += "more"

  let buffer = Buffer.create(minimumCapacity: 2) { _ in Node() }
  buffer.withUnsafeMutablePointerToElements {
    $0.initialize(to: Node())
    ($0 + 1).initialize(to: Node())
  }
  if leaks {
    let holder = Holder()
    holder.held = buffer
    buffer.header = holder
  }

  let properties = Properties()
  properties.node = Node()
  _ = (properties.later, properties.count(), Properties.shared.later)

  let model = Model()
  let child = Model()
  model.items = [Node()]
  model.child = child
  child.parent = model
  if leaks { child.child = model }
  withObservationTracking {
    _ = model.items
  } onChange: {
  }
  model.items.append(Node())

  let inline = Inline()
  inline.optionals[1] = Node()
  if leaks {
    let holder = Holder()
    holder.held = inline
    inline.optionals[2] = holder
  }

  let existentials = Existentials()
  existentials.errors = [
    StructError(node: Node(), text: "x"), EnumError.bad(Node()), ErrorNode(),
    NSError(domain: "d", code: 1, userInfo: ["n": Node()]), CocoaError(.fileNoSuchFile),
  ]
  existentials.slice = [Node(), Node(), Node()][1...]
  existentials.optionals = [.bad(Node()), nil, .worse(1, Node()), .plain]
  existentials.handlers = ["a": [{ _ = buffer }], "b": []]
  existentials.values = [1, Node(), (Node(), 2), [Node()], "text"]
  existentials.result = .success(Node())
  if leaks {
    let error = ErrorNode()
    error.held = existentials
    existentials.errors.append(error)
  }
  if !leaks {
    kept = [
      uncopyable, locked, pack, cyclicPack, hashes, paths, texts, buffer, properties, model, inline,
      existentials,
    ]
  }
}

func runTasks() async {
  let waiter = Waiter()
  let waiting = Task { await waiter.wait() }
  while await !waiter.go() { await Task.yield() }
  await waiting.value
  async let node = Node()
  async let nodes = [Node()]
  _ = await (node.tag, nodes.count)
  await withTaskGroup(of: Node.self) { group in
    for _ in 0..<10 { group.addTask { Node() } }
    for await _ in group {}
  }
  _ = try? await withThrowingTaskGroup(of: Int.self) { group in
    group.addTask { throw StructError(node: Node(), text: "t") }
    return try await group.next()
  }
  let (stream, continuation) = AsyncStream.makeStream(of: Node.self)
  let consumer = Task { for await _ in stream {} }
  for _ in 0..<5 { continuation.yield(Node()) }
  continuation.finish()
  await consumer.value
}

build(leaks: CommandLine.arguments.contains("leak"))
await runTasks()
print("done")
