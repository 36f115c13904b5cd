import HeapAnalysis
import HeapGraph
import LeakReports
import Symbolication

/// A heap built in a few lines: name the blocks, then the references between them.
struct HandMadeHeap {
  private(set) var graph = HeapGraph()
  private var types: [HeapType: UInt32] = [:]
  private var references: [[Edge]] = []

  mutating func block(
    _ name: String,
    _ kind: HeapType.Kind = .classInstance,
    size: UInt64 = 48,
    strong: UInt32 = 1,
    stack: UInt32 = 0,
    state: NodeState? = nil
  ) -> NodeIndex {
    let type = HeapType(kind: kind, name: name)
    if types[type] == nil {
      types[type] = UInt32(graph.types.count)
      graph.types.append(type)
    }
    let node = NodeIndex(graph.nodeCount)
    graph.addresses.append(0x1000 + UInt64(node) * 0x1_0000)
    graph.sizes.append(size)
    graph.typeIndices.append(types[type] ?? 0)
    graph.stackIDs.append(stack)
    graph.births.append(node)
    graph.strongCounts.append(kind == .raw ? 0 : strong)
    graph.unownedCounts.append(0)
    graph.weakCounts.append(0)
    graph.states.append(state ?? (kind == .raw ? .raw : .live))
    references.append([])
    return node
  }

  @discardableResult
  mutating func reference(
    _ from: NodeIndex,
    _ name: String,
    _ target: NodeIndex,
    _ ownership: Ownership = .strong,
    function: UInt64 = 0,
    declaredBy declaringType: String? = nil
  ) -> Finding.Step {
    let type = graph.type(of: from)
    graph.labels.append(
      EdgeLabel(
        name: name,
        ownership: ownership,
        functionAddress: function,
        declaringType: declaringType ?? (type.kind == .classInstance ? type.name : "")
      )
    )
    let edge = Edge(
      target: target,
      label: UInt32(graph.labels.count - 1),
      offset: 16 + 8 * UInt32(references[Int(from)].count)
    )
    references[Int(from)].append(edge)
    graph.edges = references.flatMap { $0 }
    graph.edgeStarts = references.reduce(into: [0]) { $0.append(($0.last ?? 0) + UInt32($1.count)) }
    return Finding.Step(from: from, edge: edge)
  }

  mutating func root(_ kind: Root.Kind, _ name: String) -> UInt32 {
    graph.roots.append(Root(kind: kind, name: name))
    return UInt32(graph.roots.count - 1)
  }

  mutating func callStack(_ id: UInt32, _ addresses: [UInt64]) { graph.callStacks[id] = addresses }

  /// The graph with ends for blocks that were made after the last reference.
  var finished: HeapGraph {
    var graph = graph
    graph.edges = references.flatMap { $0 }
    graph.edgeStarts = references.reduce(into: [0]) { $0.append(($0.last ?? 0) + UInt32($1.count)) }
    return graph
  }

  func report(
    _ findings: [Finding],
    explained: Int = 100,
    unexplained: Int = 0,
    negative: [NodeIndex] = [],
    symbols: TestSymbols = TestSymbols(),
    context: ReportContext = .example
  ) -> LeakReport {
    LeakReport(
      analysis: HeapAnalysis(
        findings: findings,
        countsExplained: explained,
        countsUnexplained: unexplained,
        negative: negative
      ),
      graph: finished,
      context: context,
      symbolicator: symbols
    )
  }
}

extension Finding {
  /// A finding with everything that a test doesn't care about filled in.
  static func example(
    _ kind: FindingKind = .retainCycle,
    _ confidence: Confidence = .proven,
    core: [NodeIndex],
    owned: [NodeIndex] = [],
    more: [Instance] = [],
    path: [Step] = [],
    namings: [Naming] = [],
    reasons: [String] = [],
    exact: Int = 1,
    possible: Int = 1,
    hint: Hint? = nil
  ) -> Finding {
    Finding(
      signature: "b1946ac92492d234",
      kind: kind,
      confidence: confidence,
      reasons: reasons,
      instances: [Instance(core: core, owned: owned)] + more,
      path: path,
      subject: core[0],
      exactCount: exact,
      possibleCount: possible,
      namings: namings,
      hint: hint
    )
  }
}

extension ReportContext {
  static let example = ReportContext(
    tool: .init(version: "0.1.0"),
    target: .init(
      executable: "/app/App",
      buildID: "3f0c",
      arguments: 2,
      pid: 4711,
      exitStatus: 0,
      toolchain: "6.3.1",
      hasSwift: true
    ),
    capture: .init(moment: .exit, complete: true, durationSeconds: 0.125, pauseSeconds: 0.0625)
  )
}

/// Symbols by address, as a test states them.
struct TestSymbols: Symbolicating {
  func global(at address: UInt64) -> String? { nil }

  var frames: [UInt64: [SymbolicatedFrame]] = [:]
  var closures: [UInt64: ClosureDescription] = [:]

  func frames(at returnAddress: UInt64) -> [SymbolicatedFrame] {
    frames[returnAddress]
      ?? [
        SymbolicatedFrame(
          function: "0x" + String(returnAddress, radix: 16),
          image: "?",
          isLibraryFrame: true
        )
      ]
  }

  func closure(at functionAddress: UInt64) -> ClosureDescription? { closures[functionAddress] }

  /// Stacks of an app: the user's code at 1 and 2, libraries from 0x10 on.
  static let app = TestSymbols(
    frames: [
      0x1: [
        SymbolicatedFrame(
          function: "Owner.init(name:)",
          file: "/src/App/Sources/App/Owner.swift",
          line: 14,
          column: 22,
          image: "App",
          isLibraryFrame: false
        ),
        SymbolicatedFrame(
          function: "makeOwner()",
          file: "/src/App/Sources/App/main.swift",
          line: 31,
          column: 9,
          image: "App",
          isLibraryFrame: false
        ),
      ],
      0x2: [
        SymbolicatedFrame(
          function: "main",
          file: "/src/App/Sources/App/main.swift",
          line: 40,
          column: 1,
          image: "App",
          isLibraryFrame: false
        )
      ],
      0x10: [library("swift_allocObject", "libswiftCore.so")],
      0x11: [library("JSONDecoder.decode", "libFoundation.so")],
      0x12: [library("closure #1 in JSONDecoder.decode", "libFoundation.so")],
      0x13: [library("__libc_start_main", "libc.so.6")],
    ],
    closures: [
      0x100: ClosureDescription(
        name: "closure #1 in Pet.bind()",
        file: "/src/App/Sources/App/Pet.swift",
        line: 12,
        captures: ["self"]
      ),
      0x200: ClosureDescription(name: "closure #2 in Pet.bind()"),
    ]
  )

  private static func library(_ function: String, _ image: String) -> SymbolicatedFrame {
    SymbolicatedFrame(function: function, image: image, isLibraryFrame: true)
  }
}
