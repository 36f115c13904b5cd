import HeapAnalysis
import HeapGraph
import Testing

@testable import HeapCapture

/// A layout that is read wrongly must not pass unnoticed: one spurious reference can cancel one real
/// owner, and then a verdict is wrong while all looks well.
@Suite struct PlantedFaultTests {
  class Member {
    var next: Member?
  }
  enum Slot {
    case first(Member)
    case second(Member)
    case third(Int)
  }
  struct Pair {
    var number = 1
    var member: Member
  }
  final class Hub: Member {
    var pair: (Int, Member)
    var slot: Slot
    var value: Pair
    var existential: any CustomStringConvertible & AnyObject
    var members: [Member]
    weak var weakly: Member?
    unowned(unsafe) var unsafely: Member

    init(_ members: [Leaf]) {
      pair = (1, members[0])
      slot = .second(members[1])
      value = Pair(member: members[2])
      existential = members[3]
      self.members = [members[4], members[5]]
      weakly = members[0]
      unsafely = members[1]
    }
  }
  final class Leaf: Member, CustomStringConvertible {
    var description: String { "leaf" }
  }

  /// Eight objects and an array that own each other, and nothing else owns them.
  private struct Cycle {
    var addresses: [Address]
    private let hub: Unmanaged<Hub>

    init() {
      let leaves = (0..<7).map { _ in Leaf() }
      let hub = Hub(leaves)
      hub.next = leaves[6]
      for leaf in leaves { leaf.next = hub }
      let storage = unsafeBitCast(hub.members, to: UInt.self)
      addresses =
        leaves.map(InProcess.address) + [InProcess.address(hub), Address(UInt64(storage))]
      self.hub = .passUnretained(hub)
    }

    /// Lets everything go.
    func end() {
      let hub = hub.takeUnretainedValue()
      hub.next?.next = nil
      hub.pair.1.next = nil
      for member in hub.members { member.next = nil }
      for leaf in [hub.value.member, hub.existential as? Leaf] { leaf?.next = nil }
      if case .second(let member) = hub.slot { member.next = nil }
    }
  }

  /// What a suite looks at.
  private struct Verdict: Equatable {
    var findings: [String]
    var members: [Int]
    var explained: Int
    var negative: Int

    init(_ graph: HeapGraph) {
      let analysis = HeapAnalysis(of: graph)
      findings = analysis.findings.map { "\($0.kind) \($0.confidence) \($0.path.count)" }
      members = analysis.findings.map {
        $0.instances.reduce(0) { $0 + $1.core.count + $1.owned.count }
      }
      explained = analysis.countsExplained
      negative = analysis.negative.count
    }
  }

  enum Fault: CaseIterable {
    case dropped, duplicated, unowned, unmanaged

    func apply(to slot: LabeledSlot, _ labels: inout LabelTable) -> [LabeledSlot] {
      func with(_ ownership: Ownership) -> LabeledSlot {
        var label = labels.labels[Int(slot.label)]
        label.ownership = ownership
        return LabeledSlot(
          offset: slot.offset,
          label: labels.index(of: label),
          kind: .reference(ownership)
        )
      }
      return switch self {
      case .dropped: []
      case .duplicated: [slot, slot]
      case .unowned: [with(.unowned)]
      case .unmanaged: [with(.unmanaged)]
      }
    }
  }

  @Test(
    "Every strong slot that is dropped, doubled or owned otherwise changes what is found",
    arguments: Fault.allCases
  )
  func faults(fault: Fault) throws {
    let cycle = Cycle()
    defer { cycle.end() }
    let sound = Verdict(try InProcess.graph(ofAddresses: cycle.addresses))
    #expect(sound.members == [9])
    #expect(sound.negative == 0)

    // Which slots there are, in the order in which layouts are compiled.
    var slots = 0
    _ = try InProcess.graph(ofAddresses: cycle.addresses) { layout, labels in
      Self.planting(.dropped, at: -1, counting: &slots, in: layout, &labels)
    }
    #expect(slots >= 8)
    for planted in 0..<slots {
      var position = 0
      let graph = try InProcess.graph(ofAddresses: cycle.addresses) { layout, labels in
        Self.planting(fault, at: planted, counting: &position, in: layout, &labels)
      }
      #expect(Verdict(graph) != sound, "\(fault) at slot \(planted)")
    }
  }

  private static func isStrong(_ slot: LabeledSlot) -> Bool {
    switch slot.kind {
    case .reference(let ownership): ownership == .strong
    case .bridgeObject, .closure, .opaqueExistential: true
    case .enumeration: true
    }
  }

  private static func planting(
    _ fault: Fault,
    at planted: Int,
    counting position: inout Int,
    in layout: HeapTypeLayout,
    _ labels: inout LabelTable
  ) -> HeapTypeLayout {
    func changed(_ slots: [LabeledSlot]) -> [LabeledSlot] {
      slots.flatMap { slot -> [LabeledSlot] in
        guard isStrong(slot) else { return [slot] }
        defer { position += 1 }
        return position == planted ? fault.apply(to: slot, &labels) : [slot]
      }
    }
    var layout = layout
    layout.slots = changed(layout.slots)
    if case .array(let stride, let slots) = layout.tail {
      layout.tail = .array(stride: stride, slots: changed(slots))
    }
    return layout
  }
}
