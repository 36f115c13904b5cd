import HeapGraph

/// What ends a cycle through a library's object, where the library has a call for that: one table for all reports.
///
/// The properties are the libraries' own, as their reflection metadata names them (swift-corelibs-foundation, Swift 6.3);
/// `RemedyTests` and `AdviceTests` run a program for most.
struct Remedy {
  /// The type that declares the reference, without generic arguments; a prefix where it ends in a dot.
  var type: String
  /// The property; nil for any.
  var property: String?
  /// An imperative.
  var call: String
  /// Whether it comes before a reference of the program's own that could be weak.
  var isFirst = false
  /// Whether objects of the type hold each other by design, until the call: a knot, however small.
  var isKnot = false

  static let all = [
    Remedy(
      type: "NIOCore.ChannelPipeline",
      property: nil,
      call:
        "close the channel when it is done (`close()`, `finish()` for an `EmbeddedChannel`): its "
        + "pipeline and handlers hold each other until then",
      isFirst: true,
      isKnot: true
    ),
    Remedy(
      type: "NIOCore.ChannelHandlerContext",
      property: nil,
      call:
        "close the channel when it is done (`close()`, `finish()` for an `EmbeddedChannel`): its "
        + "pipeline and handlers hold each other until then",
      isFirst: true,
      isKnot: true
    ),
    Remedy(
      type: "NIOCore.EventLoopFuture",
      property: "_callbacks",
      call:
        "fulfill the promise (`succeed` or `fail`), or shut its event loop down: the future and its "
        + "callbacks hold each other until then",
      isFirst: true,
      isKnot: true
    ),
    Remedy(
      type: "FoundationNetworking.URLSession",
      property: "delegate",
      call:
        "call `finishTasksAndInvalidate()` or `invalidateAndCancel()` on the session when it is "
        + "done: it keeps its delegate until then",
      isFirst: true
    ),
    Remedy(
      type: "Observation.ObservationRegistrar.",
      property: nil,
      call:
        "capture `self` weakly in the `onChange` closure of `withObservationTracking`: it is kept "
        + "until the next change",
      isFirst: true
    ),
    Remedy(
      type: "Dispatch.DispatchWorkItem",
      property: nil,
      call:
        "capture weakly in the block of the `DispatchWorkItem`, or release the item when it has "
        + "run or was canceled",
      isFirst: true
    ),
    Remedy(
      type: "Dispatch.DispatchSource",
      property: nil,
      call:
        "capture weakly in the handlers of the `DispatchSource`, or call `cancel()` on it when it is "
        + "done: it keeps them until then",
      isFirst: true
    ),
    Remedy(
      type: "Foundation.Process",
      property: "terminationHandler",
      call: "set `terminationHandler` to nil when the process has ended"
    ),
    Remedy(
      type: "Foundation.FileHandle",
      property: nil,
      call:
        "set `readabilityHandler` and `writeabilityHandler` to nil when no more is to be read or "
        + "written"
    ),
    Remedy(
      type: "Foundation.Operation",
      property: "__completion",
      call: "set `completionBlock` to nil when the operation has finished"
    ),
    Remedy(
      type: "FoundationEssentials.NotificationCenter",
      property: nil,
      call: "call `removeObserver(_:)` with the observer's token"
    ),
    Remedy(
      type: "XCTest.XCTNSPredicateExpectation",
      property: nil,
      call: "make the expectation, and wait for it, in a scope that ends before the check: XCTest "
        + "keeps it, with its predicate and its handler"
    ),
    Remedy(
      type: "Foundation.Timer",
      property: nil,
      call: "call `invalidate()` on the timer"
    ),
    Remedy(
      type: "Swift.AsyncStream._Storage",
      property: nil,
      call: "call `finish()` on the stream's continuation"
    ),
    Remedy(
      type: "Swift.AsyncThrowingStream._Storage",
      property: nil,
      call: "call `finish()` on the stream's continuation"
    ),
  ]

  /// Types whose objects hold each other by design, without generic arguments.
  static let knotTypes = Set(all.filter(\.isKnot).map(\.type))

  private func matches(_ edge: Edge, from node: NodeIndex, in graph: HeapGraph) -> Bool {
    let label = graph.label(of: edge)
    let holder = Self.plain(
      label.declaringType.isEmpty ? graph.type(of: node).name : label.declaringType
    )
    guard type.hasSuffix(".") ? holder.hasPrefix(type) : holder == type else { return false }
    return property.map { label.name == $0 || label.name.hasPrefix($0 + ".") } ?? true
  }

  /// The first remedy for a reference of a path, and which reference that is.
  static func of(_ path: [Hop], in graph: HeapGraph) -> (remedy: Remedy, step: Int)? {
    of(path.map { Finding.Step(from: $0.from, edge: graph.edges[$0.edgeIndex]) }, in: graph)
  }

  static func of(_ path: [Finding.Step], in graph: HeapGraph) -> (remedy: Remedy, step: Int)? {
    for (index, step) in path.enumerated() {
      if let remedy = all.first(where: { $0.matches(step.edge, from: step.from, in: graph) }) {
        return (remedy, index)
      }
    }
    return nil
  }

  /// `Swift.AsyncStream._Storage` for `Swift.AsyncStream<Swift.Int>._Storage`.
  private static func plain(_ type: String) -> String {
    var result = ""
    var depth = 0
    for character in type {
      if character == "<" { depth += 1 }
      if depth == 0 { result.append(character) }
      if character == ">" { depth -= 1 }
    }
    return result
  }
}
