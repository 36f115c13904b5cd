import HeapAnalysis
import HeapGraph
import HeapTestSupport
import Symbolication
import TestSupport

@testable import LeakReports

/// The reports that several tests look at.
enum Examples {
  /// Ten times Owner ⇄ Pet, each Pet with a photo and its pixels.
  static var cycleByFields: LeakReport {
    var heap = HeapBuilder()
    heap.callStack(1, [0x10, 0x1, 0x11, 0x12, 0x2, 0x13])
    heap.callStack(2, [0x10, 0x2, 0x13])
    var instances: [Finding.Instance] = []
    var path: [Finding.Step] = []
    for index in 0..<10 {
      let owner = heap.block("App.Owner", stack: index < 7 ? 1 : 2)
      let pet = heap.block("App.Pet", size: 40, stack: 2)
      let photo = heap.block("App.Photo", size: 32)
      let pixels = heap.block("", .raw, size: 4096)
      let there = heap.property(owner, "pet", pet)
      let back = heap.property(pet, "owner", owner)
      heap.property(pet, "photo", photo)
      heap.property(photo, "pixels", pixels, .unmanaged)
      if path.isEmpty { path = [there, back] }
      instances.append(.init(core: [owner, pet], owned: [photo, pixels]))
    }
    return heap.report(
      [
        .example(
          core: instances[0].core,
          owned: instances[0].owned,
          more: Array(instances.dropFirst()),
          path: path,
          hint: .init(
            change: .weaken,
            steps: [1],
            reason: "its target was allocated first",
            frees: 30,
            isVerified: true
          )
        )
      ],
      symbols: .app
    )
  }

  /// Pet → closure context → Pet, where debug information knows `self`.
  static var cycleThroughClosure: LeakReport {
    var heap = HeapBuilder()
    heap.callStack(1, [0x10, 0x1, 0x2, 0x13])
    let pet = heap.block("App.Pet", size: 64, stack: 1)
    let context = heap.block("closure context", .closureContext, size: 32)
    let path = [
      heap.property(pet, "onEvent", context, function: 0x100),
      heap.property(context, "capture 0", pet),
    ]
    return heap.report(
      [
        .example(
          core: [pet, context],
          path: path,
          hint: .init(
            change: .weaken,
            steps: [1],
            reason: "a closure that its object stores owns the object",
            frees: 2,
            isVerified: true
          )
        )
      ],
      symbols: .app
    )
  }

  /// One cycle that is only checked, one retain that is only possible.
  static var doubtful: LeakReport {
    var heap = HeapBuilder()
    let stack = heap.root(.threadStack, "thread 4711 \"NIO-ELT-0-#0\"")
    let bus = heap.block("App.Bus")
    let parent = heap.block("App.Tree.Node<Swift.String>")
    let storage = heap.block(
      "Swift._ContiguousArrayStorage<App.Tree.Node<Swift.String>>",
      .collectionStorage,
      size: 64
    )
    let child = heap.block("App.Tree.Node<Swift.String>")
    let path = [
      heap.property(parent, "children", storage, declaredBy: "App.Tree.Node"),
      heap.property(storage, "[]", child),
      heap.property(child, "parent", parent, declaredBy: "App.Tree.Node"),
    ]
    let listener = heap.property(bus, "listener", child, .weak)
    let handle = heap.block("Foundation.FileHandle", size: 56, strong: 3)
    let buffer = heap.block("", .raw, size: 4096)
    let look = heap.property(buffer, "", handle, .conservative)
    var namings = [Finding.Naming(source: .root(stack, address: 0x7ffd_0000), target: parent)]
    for _ in 0..<4 {
      namings.append(.init(source: .edge(from: bus, listener.edge), target: child))
    }
    return heap.report(
      [
        .example(
          .retainCycle,
          .checked,
          core: [parent, storage, child],
          path: path,
          namings: namings,
          reasons: ["A weak reference of a live object still names a member."],
          hint: .init(
            change: .weaken,
            steps: [2],
            reason: "its target was allocated first",
            frees: 3,
            isVerified: true
          )
        ),
        .example(
          .unbalancedRetain,
          .possible,
          core: [handle],
          namings: [.init(source: .edge(from: buffer, look.edge), target: handle)],
          reasons: [
            "A Swift frame is still on the stack of thread 4711: the optimiser may have dropped "
              + "the pointer, but never drops the count."
          ],
          exact: 0,
          possible: 1,
          hint: .init(change: .balanceRetain, steps: [], reason: "", frees: 0, isVerified: false)
        ),
      ],
      explained: 997,
      unexplained: 3,
      symbols: .app
    )
  }

  static func ring(of count: Int, changing step: Int) -> LeakReport {
    var heap = HeapBuilder()
    let nodes = (0..<count).map { _ in heap.block("App.Link") }
    let path = nodes.indices.map { heap.property(nodes[$0], "next", nodes[($0 + 1) % count]) }
    return heap.report([
      .example(
        core: nodes,
        path: path,
        hint: .init(change: .weaken, steps: [step], reason: "", frees: count, isVerified: true)
      )
    ])
  }

  /// A report of random names, lengths and signs, most of them awkward.
  static func random(using generator: inout SplitMix64) -> LeakReport {
    var heap = HeapBuilder()
    func name() -> String { generator.name() }
    heap.callStack(1, (0..<20).map { _ in generator.next() })
    let kinds: [HeapType.Kind] = [
      .classInstance, .collectionStorage, .closureContext, .box, .asyncTask, .raw, .opaque,
    ]
    var symbols = TestSymbols()
    for address in heap.graph.callStacks[1] ?? [] {
      symbols.frames[address] = [
        SymbolicatedFrame(
          function: name(),
          file: Bool.random(using: &generator) ? "/" + name() : nil,
          line: Int.random(in: 0...100_000, using: &generator),
          image: name(),
          isLibraryFrame: Bool.random(using: &generator)
        )
      ]
    }
    symbols.closures[0x100] = ClosureDescription(
      name: name(),
      file: name(),
      line: 3,
      captures: [name()]
    )
    let count = Int.random(in: 1...40, using: &generator)
    let nodes = (0..<count).map { _ in
      heap.block(
        name(),
        kinds.randomElement(using: &generator) ?? .raw,
        size: generator.next() >> UInt64.random(in: 24...60, using: &generator),
        stack: 1
      )
    }
    let path = nodes.indices.map {
      heap.property(
        nodes[$0],
        Bool.random(using: &generator) ? "capture 0" : name(),
        nodes[($0 + 1) % count],
        function: Bool.random(using: &generator) ? 0x100 : 0
      )
    }
    var context = ReportContext.example
    context.notes = [name(), name()]
    return heap.report(
      [
        .example(
          FindingKind.allCases.randomElement(using: &generator) ?? .growth,
          Confidence.allCases.randomElement(using: &generator) ?? .proven,
          core: nodes,
          path: path,
          namings: path.map { .init(source: .edge(from: $0.from, $0.edge), target: $0.from) },
          reasons: [name()],
          hint: .init(
            change: .weaken,
            steps: [Int.random(in: 0..<count, using: &generator)],
            reason: name(),
            frees: 3,
            isVerified: false
          )
        )
      ],
      symbols: symbols,
      context: context
    )
  }

  /// Three ways to hold a connection, and a type that isn't alive.
  static var explained: LeakReport {
    var report = HeapBuilder().report([], explained: 120, unexplained: 3)
    func step(_ from: String, _ via: String, _ to: String) -> LeakReport.Finding.Step {
      .init(from: from, via: via, ownership: .strong, to: to, exact: true)
    }
    report.explanations = [
      .init(
        query: "Connection",
        types: ["App.Connection"],
        count: 1212,
        bytes: 58_176,
        leaked: 5,
        unnamed: 1,
        holdings: [
          .init(
            count: 1204,
            bytes: 57_792,
            root: .init(kind: "global", name: "static Server.shared", location: nil),
            path: [
              step("App.Server", "pool", "App.Pool"),
              step("App.Pool", "idle[]", "App.Connection"),
            ]
          ),
          .init(
            count: 2,
            bytes: 96,
            root: .init(
              kind: "threadStack",
              name: "thread 12 \"worker\"",
              location: .init(function: "Server.accept()", file: "/src/Server.swift", line: 12)
            ),
            path: []
          ),
        ],
        suggestions: []
      ),
      .init(
        query: "Conection",
        types: [],
        count: 0,
        bytes: 0,
        leaked: 0,
        unnamed: 0,
        holdings: [],
        suggestions: ["App.Connection", "App.ConnectionPool"]
      ),
    ]
    report.census = [
      .init(type: "App.Connection", count: 1212, bytes: 58_176, leaked: 5),
      .init(
        type: "Swift._ContiguousArrayStorage<(key: Swift.String, value: App.Connection)>",
        count: 1,
        bytes: 9680,
        leaked: 0
      ),
    ]
    return report
  }
}

extension SplitMix64 {
  mutating func name() -> String {
    let pieces = [
      "App", ".", "Pet", "<", ">", ", ", " ", "owner", "$s3App5OwnerC3petAA3PetCSgvg", "鳥", "🦜",
      "👩‍👩‍👧", "e\u{301}", "\u{301}", "\u{1B}[31m", "\n", "\t", "\u{202E}", "\u{7}", "→", "/",
      "closure #1 in ", "(", ")", "ﬁ", "🇩🇪", "🇩", "한", "\u{FE0F}", "[]", "\u{9B}", "\r\n",
    ]
    let count = Int.random(in: 0...30, using: &self)
    return (0..<count).map { _ in pieces.randomElement(using: &self) ?? "" }.joined()
  }
}
