import HeapAnalysis
import HeapGraph
import HeapTestSupport
import LeakReports
import Symbolication

extension HeapBuilder {
  /// A block with a reference count of its own, whatever refers to it.
  mutating func block(
    _ name: String,
    _ kind: HeapType.Kind = .classInstance,
    size: UInt64 = 48,
    strong: UInt32 = 1,
    stack: UInt32 = 0,
    state: NodeState? = nil
  ) -> NodeIndex {
    object(
      name,
      kind,
      size: size,
      strong: kind == .raw ? 0 : strong,
      stack: stack,
      state: state ?? (kind == .raw ? .raw : .live)
    )
  }

  /// A reference through a property that the class itself declares.
  @discardableResult
  mutating func property(
    _ from: NodeIndex,
    _ name: String,
    _ target: NodeIndex,
    _ ownership: Ownership = .strong,
    function: UInt64 = 0,
    declaredBy declaringType: String? = nil
  ) -> Finding.Step {
    let type = graph.type(of: from)
    return reference(
      from,
      name,
      target,
      ownership,
      function: function,
      declaredBy: declaringType ?? (type.kind == .classInstance ? type.name : "")
    )
  }

  mutating func root(_ kind: Root.Kind, _ name: String) -> UInt32 {
    graph.roots.append(Root(kind: kind, name: name))
    return UInt32(graph.roots.count - 1)
  }

  mutating func callStack(_ id: UInt32, _ addresses: [UInt64]) { graph.callStacks[id] = addresses }

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
      graph: built,
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
  var variables: [UInt64: [FrameVariable]] = [:]

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

  func variables(resumedAt function: UInt64) -> [FrameVariable] { variables[function] ?? [] }

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
