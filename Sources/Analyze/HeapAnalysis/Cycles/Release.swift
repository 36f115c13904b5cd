import HeapGraph

/// Plays the releases that follow when references of a finding are left out.
struct Release {
  struct Outcome: Equatable {
    /// Objects, contexts, boxes and storage that are freed.
    var objects = 0
    /// Those of them that are instances of classes.
    var instances = 0
    /// Whether no object of the finding remains.
    ///
    /// Raw blocks that hold each other don't count.
    var isComplete = false
  }

  private let graph: HeapGraph
  private let subtraction: Subtraction
  /// Of each node: how many references hold it.
  private let holders: [UInt32]
  /// Of each node of the finding that is released: how many references still hold it.
  private var remaining: [UInt32]
  /// Of each node: the last finding that it was a part of.
  private var findings: [UInt32]
  private var finding: UInt32 = 0

  init(in graph: HeapGraph, _ subtraction: Subtraction, holders: [UInt32]) {
    self.graph = graph
    self.subtraction = subtraction
    self.holders = holders
    remaining = Array(repeating: 0, count: graph.nodeCount)
    findings = remaining
  }

  /// Leaves references out, and frees what nothing holds anymore.
  ///
  /// References from outside the
  /// finding stay: those of another leak, too.
  ///
  /// Linear in the finding's references.
  mutating func outcome(
    for instances: [Finding.Instance],
    without isCut: (_ node: NodeIndex, _ edgeIndex: Int) -> Bool
  ) -> Outcome {
    finding += 1
    var total = 0
    for instance in instances {
      for node in instance.core + instance.owned {
        findings[Int(node)] = finding
        remaining[Int(node)] = holders[Int(node)]
        if graph.states[Int(node)] != .raw { total += 1 }
      }
    }
    var pending: [NodeIndex] = []
    for instance in instances {
      for node in instance.core + instance.owned {
        for index in graph.edgeRange(of: node) where isHeld(index, from: node) && isCut(node, index)
        {
          remaining[Int(graph.edges[index].target)] -= 1
        }
      }
    }
    for instance in instances {
      for node in instance.core + instance.owned where remaining[Int(node)] == 0 {
        pending.append(node)
      }
    }
    var outcome = Outcome()
    while let node = pending.popLast() {
      if graph.states[Int(node)] != .raw {
        outcome.objects += 1
        if graph.type(of: node).isClassInstance { outcome.instances += 1 }
      }
      for index in graph.edgeRange(of: node)
      where isHeld(index, from: node) && !isCut(node, index) {
        let target = graph.edges[index].target
        remaining[Int(target)] -= 1
        if remaining[Int(target)] == 0 { pending.append(target) }
      }
    }
    outcome.isComplete = outcome.objects == total
    return outcome
  }

  /// Whether the last release freed a node of its finding.
  func isFreed(_ node: NodeIndex) -> Bool { remaining[Int(node)] == 0 }

  private func isHeld(_ edgeIndex: Int, from node: NodeIndex) -> Bool {
    let edge = graph.edges[edgeIndex]
    return findings[Int(edge.target)] == finding && subtraction.holds(edge, from: node)
  }
}
