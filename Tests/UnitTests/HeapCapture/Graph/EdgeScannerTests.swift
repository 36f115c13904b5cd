import HeapGraph
import TestSupport
import Testing

@testable import HeapCapture

/// Objects as a test writes them, and the references that are read out of them.
@Suite struct EdgeScannerTests {
  /// Three blocks of 64 bytes, of which the first is the one that is scanned.
  private static let blocks: [UInt64] = [0x2000_0000, 0x2000_0100, 0x2000_0200]
  private static let (this, first, second) = (blocks[0], blocks[1], blocks[2])
  /// What damaged words may be.
  private static let hostile: [UInt64] = [
    0, 1, 7, 8, 0x1000, 1 << 31, 1 << 32, 1 << 47, 1 << 63, .max, .max - 7, UInt64(Int64.max),
    UInt64(bitPattern: -16), this, this + 32, this + 64, first, second + 8, 0x7f00_0000_0000_0000,
  ]

  private let index = BlockIndex(addresses: blocks, sizes: blocks.map { _ in 64 })
  private let types: HeapTypeCompiler

  init() throws {
    let memory = FakeMemory()
    let mirror = try #require(memory.mirror())
    types = HeapTypeCompiler(mirror: mirror, reader: memory) { _ in false }
  }

  private func slot(_ name: String, _ kind: LabeledSlot.Kind, at offset: Int) -> LabeledSlot {
    var ownership = Ownership.strong
    if case .reference(let declared) = kind { ownership = declared }
    let label = types.labels.index(of: EdgeLabel(name: name, ownership: ownership))
    return LabeledSlot(offset: offset, label: label, kind: kind)
  }

  private func layout(
    _ slots: [LabeledSlot] = [],
    uncovered: [Int] = [],
    tail: HeapTypeLayout.Tail = .ignored
  ) -> HeapTypeLayout {
    HeapTypeLayout(
      type: HeapType(kind: .classInstance, name: "App.Node"),
      fixedSize: 16,
      slots: slots,
      uncoveredWords: uncovered,
      tail: tail
    )
  }

  /// `name:ownership@offset>block` of each reference.
  private func edges(
    _ layout: HeapTypeLayout,
    _ words: [UInt64],
    sideTables: [NodeIndex: NodeIndex] = [:],
    types: HeapTypeCompiler? = nil
  ) -> [String] {
    let types = types ?? self.types
    var scanner = EdgeScanner(index: index, types: types, sideTables: sideTables)
    words.withUnsafeBytes { scanner.scanObject(layout, $0, address: Address(Self.this)) }
    return scanner.edges.map { edge in
      let label = types.labels.labels[Int(edge.label)]
      return "\(label.name):\(label.ownership)@\(edge.offset)>\(edge.target)"
    }
  }

  // MARK: Slots

  @Test("References keep their name and ownership; tags are no part of an address")
  func references() {
    let layout = layout([
      slot("a", .reference(.strong), at: 16), slot("b", .reference(.unowned), at: 24),
      slot("c", .reference(.unmanaged), at: 32), slot("d", .reference(.conservative), at: 40),
    ])
    #expect(
      edges(
        layout,
        [0, 0, Self.first | 0x8000_0000_0000_0005, Self.second, Self.first, Self.first]
      )
        == ["a:strong@16>1", "b:unowned@24>2", "c:unmanaged@32>1", ":conservative@40>1"]
    )
    #expect(edges(layout, [0, 0, 0, 1, 0x1000, .max]).isEmpty)
  }

  @Test("A typed reference into the middle of a block is only a possible one")
  func middle() {
    let layout = layout([slot("a", .reference(.strong), at: 16)])
    #expect(edges(layout, [0, 0, Self.first + 8]) == [":conservative@16>1"])
    #expect(edges(layout, [0, 0, Self.first + 64]).isEmpty)
  }

  @Test("A weak reference leads through the side table to the object")
  func weak() {
    let layout = layout([slot("a", .reference(.weak), at: 16)])
    #expect(edges(layout, [0, 0, Self.first], sideTables: [1: 2]) == ["a:weak@16>2"])
    // A side table that is no object's, and a word into the middle of one.
    #expect(edges(layout, [0, 0, Self.first]).isEmpty)
    #expect(edges(layout, [0, 0, Self.first + 16], sideTables: [1: 2]).isEmpty)
  }

  @Test("Short and immortal strings are no references")
  func bridgeObject() {
    let layout = layout([slot("a", .bridgeObject, at: 16)])
    #expect(edges(layout, [0, 0, Self.first]) == ["a:strong@16>1"])
    #expect(edges(layout, [0, 0, 0xe000_0000_0000_0000 | Self.first]).isEmpty)
    #expect(edges(layout, [0, 0, 0x8000_0000_0000_0000 | Self.first]).isEmpty)
  }

  @Test("A closure holds its context, and its label has its function")
  func closure() {
    let layout = layout([slot("handler", .closure, at: 16)])
    #expect(edges(layout, [0, 0, 0x40_0001, Self.first]) == ["handler:strong@24>1"])
    #expect(
      types.labels.labels.contains { $0.name == "handler" && $0.functionAddress == 0x40_0001 }
    )
    // No function: what lies beside it is stale.
    #expect(edges(layout, [0, 0, 0, Self.first]).isEmpty)
    #expect(edges(layout, [0, 0, 0x40_0001]).isEmpty)
  }

  // MARK: Existentials

  private final class Node {}
  private struct Inline {
    var number = 1
    var node: Node
  }
  private struct Boxed {
    var numbers = (1, 2, 3)
    var node: Node
  }
  private struct Wrapper {
    var value: any Sendable
  }

  private func inProcess(_ reader: any MemoryReader = InProcess.reader) throws -> HeapTypeCompiler {
    let mirror = try #require(InProcess.mirror(through: reader))
    return HeapTypeCompiler(mirror: mirror, reader: reader) { _ in true }
  }

  @Test("The value in an existential is read inline or through its box")
  func existentials() throws {
    let types = try inProcess()
    let label = types.labels.index(of: EdgeLabel(name: "shape", ownership: .strong))
    let layout = layout([LabeledSlot(offset: 16, label: label, kind: .opaqueExistential)])
    let inline = InProcess.metadata(Inline.self).rawValue
    let boxed = InProcess.metadata(Boxed.self).rawValue
    #expect(
      edges(layout, [0, 0, Self.second, Self.first, 0, inline, 0], types: types)
        == ["shape.node:strong@24>1"]
    )
    #expect(
      edges(layout, [0, 0, Self.second, Self.first, 0, boxed, 0], types: types)
        == ["shape:strong@16>2"]
    )
  }

  @Test("The words of an existential whose type can't be read are possible references")
  func unknownExistential() {
    let layout = layout([slot("shape", .opaqueExistential, at: 16)])
    #expect(
      edges(layout, [0, 0, Self.first, 7, Self.second, 0x7777_0000, 0])
        == [":conservative@16>1", ":conservative@32>2"]
    )
    #expect(edges(layout, [0, 0, Self.first, 7, Self.second, 0, 0]).isEmpty)
    #expect(edges(layout, [0, 0, Self.first]).isEmpty)
  }

  @Test("A type that claims to lie inline and has an existential at its start is no endless loop")
  func endlessExistential() throws {
    let metadata = InProcess.metadata(Wrapper.self)
    let table = try #require(
      InProcess.reader.load(metadata - Metadata.valueWitnesses, as: Address.self)
    )
    var damaged = DamagedMemory(sound: InProcess.reader)
    damaged.damage.write(0, at: table + Metadata.witnessFlags)
    let types = try inProcess(damaged)
    let label = types.labels.index(of: EdgeLabel(name: "shape", ownership: .strong))
    let layout = layout([LabeledSlot(offset: 16, label: label, kind: .opaqueExistential)])
    #expect(
      edges(layout, [0, 0, Self.first, 0, 0, metadata.rawValue, 0], types: types)
        == [":conservative@16>1"]
    )
  }

  // MARK: Tails

  private func column(_ slots: [LabeledSlot], stride: Int = 8) -> HeapTypeLayout.Column {
    HeapTypeLayout.Column(stride: stride, slots: slots, isKnown: true)
  }

  @Test("Elements that may be there are read as far as the memory goes, and only named")
  func elements() {
    let label = types.labels.index(of: EdgeLabel(name: "[].owner", ownership: .conservative))
    let elements = HeapTypeLayout.Elements(
      start: 24,
      stride: 16,
      words: [8: .init(label: label, isContext: false)]
    )
    #expect(
      edges(
        layout(tail: .elements(elements)),
        [0, 0, Self.second, Self.first, Self.first, 0, Self.second, Self.first]
      ) == [
        ":conservative@24>1", "[].owner:conservative@32>1", "[].owner:conservative@48>2",
        ":conservative@56>1",
      ]
    )
    #expect(edges(layout(tail: .elements(elements)), [0, 0]).isEmpty)
  }

  @Test("Words that are named alike are possible references")
  func words() {
    let label = types.labels.index(of: EdgeLabel(name: "argument", ownership: .conservative))
    let layout = layout(tail: .words(label: label))
    #expect(edges(layout, [0, 0, 7, Self.first]) == ["argument:conservative@24>1"])
  }

  @Test("As many elements of an array are read as it counts, and no more than there is room for")
  func array() {
    let layout = layout(tail: .array(stride: 16, slots: [slot("[]", .reference(.strong), at: 8)]))
    func words(_ count: UInt64) -> [UInt64] { [0, 0, count, 0, 0, Self.first, 0, Self.second] }
    #expect(edges(layout, words(0)).isEmpty)
    #expect(edges(layout, words(1)) == ["[]:strong@40>1"])
    let all = ["[]:strong@40>1", "[]:strong@56>2"]
    #expect(edges(layout, words(2)) == all)
    #expect(edges(layout, words(.max)) == all)
    #expect(edges(layout, words(UInt64(bitPattern: .min))) == all)
    #expect(edges(layout, [0, 0, 9]).isEmpty)
    #expect(edges(layout, [0, 0, 9, 0, Self.first]).isEmpty)
  }

  /// Storage of four buckets: the bitmap, then keys at `this + 72`, then values.
  private func table(_ bitmap: UInt64, scale: Int8 = 2) -> [UInt64] {
    [
      0, 0, 2, 4, UInt64(UInt8(bitPattern: scale)), 0, Self.this + 72, Self.this + 104, bitmap,
      Self.first, Self.first, Self.first, Self.first,
      Self.second, Self.second, Self.second, Self.second,
    ]
  }

  private var dictionary: HeapTypeLayout {
    layout(
      tail: .hashTable(
        HeapTypeLayout.HashTable(
          keys: column([slot("[key]", .reference(.strong), at: 0)]),
          values: column([slot("[]", .reference(.strong), at: 0)])
        )
      )
    )
  }

  @Test("Of a dictionary's buckets only those count that its bitmap calls occupied")
  func dictionaries() {
    #expect(edges(dictionary, table(0)).isEmpty)
    #expect(
      edges(dictionary, table(0b1001))
        == ["[key]:strong@72>1", "[key]:strong@96>1", "[]:strong@104>2", "[]:strong@128>2"]
    )
  }

  @Test("The same of a set, whose bitmap begins a word earlier")
  func sets() {
    let layout = layout(
      tail: .hashTable(
        HeapTypeLayout.HashTable(
          keys: column([slot("[]", .reference(.strong), at: 0)]),
          values: nil
        )
      )
    )
    let words: [UInt64] = [
      0, 0, 1, 3, 2, 0, Self.this + 64, 0b0110, Self.first, Self.second, Self.first, Self.second,
    ]
    #expect(edges(layout, words) == ["[]:strong@72>2", "[]:strong@80>1"])
  }

  @Test(
    "A damaged scale reads nothing outside",
    arguments: [-1, .min, .max, 40, 39, 31, 7] as [Int8]
  )
  func scale(scale: Int8) {
    let found = edges(dictionary, table(.max, scale: scale))
    // Without a scale that can be, nothing; otherwise the buckets that there are.
    #expect(found.isEmpty == !(0..<40).contains(scale))
    #expect(found.count <= 8 + 4)
  }

  @Test(
    "Keys and values that lie outside of the storage aren't looked for",
    arguments: [0, 1, this - 8, this + 17 * 8, .max, 1 << 63] as [UInt64]
  )
  func tableAddresses(address: UInt64) {
    var words = table(0b1111)
    words[6] = address
    words[7] = address
    #expect(edges(dictionary, words).isEmpty)
  }

  @Test("The elements of a ring buffer go on at its start; other places are stale")
  func ring() {
    let layout = layout(
      tail: .ring(start: 40, elements: column([slot("[]", .reference(.strong), at: 0)]))
    )
    func words(_ capacity: UInt64, _ count: UInt64, _ first: UInt64) -> [UInt64] {
      [0, 0, capacity, count, first, Self.first, Self.first, Self.second, Self.second]
    }
    #expect(
      edges(layout, words(4, 3, 3)) == ["[]:strong@64>2", "[]:strong@40>1", "[]:strong@48>1"]
    )
    #expect(edges(layout, words(4, 0, 2)).isEmpty)
    #expect(edges(layout, words(4, 1, 4)) == ["[]:strong@40>1"])
    #expect(edges(layout, words(0, 0, 0)).isEmpty)
    // What can't be is read as words that may be anything.
    let raw = [40, 48, 56, 64].map { ":conservative@\($0)>\($0 < 56 ? 1 : 2)" }
    #expect(edges(layout, words(5, 1, 0)) == raw)
    #expect(edges(layout, words(.max, .max, .max)) == raw)
    #expect(edges(layout, words(4, 5, 0)) == raw)
    #expect(edges(layout, words(4, 1, 5)) == raw)
    #expect(edges(layout, words(UInt64(bitPattern: -4), 1, 1)) == raw)
  }

  @Test("A long string's breadcrumbs lie behind the room for its text")
  func string() {
    let layout = layout(tail: .string(slots: [slot("breadcrumbs", .reference(.strong), at: 0)]))
    func words(_ capacity: UInt64) -> [UInt64] { [0, 0, capacity, 0, 0, 0, Self.first, 0] }
    #expect(edges(layout, words(1 << 63 | 16)) == ["breadcrumbs:strong@48>1"])
    #expect(edges(layout, words(1 << 63 | 15)) == ["breadcrumbs:strong@48>1"])
    // No room was made for them.
    #expect(edges(layout, words(16)).isEmpty)
    #expect(edges(layout, words(.max)).isEmpty)
    #expect(edges(layout, words(1 << 63 | 0xffff_ffff_ffff)).isEmpty)
  }

  @Test("An error of a type that can't be read may hold whatever its words look like")
  func error() {
    let words: [UInt64] = [0, 0, 0x7777_0000, 0, Self.first]
    #expect(edges(layout(tail: .error), words) == [":conservative@32>1"])
    #expect(edges(layout(tail: .error), [0, 0]).isEmpty)
  }

  @Test(
    "An error whose type is no address holds what its words look like",
    arguments: [1, 1 << 47, 1 << 63, .max, .max - 1, .max - 7] as [UInt64]
  )
  func damagedError(metadata: UInt64) {
    #expect(
      edges(layout(tail: .error), [0, 0, metadata, 0, Self.first]) == [":conservative@32>1"]
    )
  }

  @Test("Words that no property covers, and what follows the properties, are possible references")
  func conservative() {
    let layout = layout(uncovered: [16, 1 << 20], tail: .conservative)
    #expect(
      edges(layout, [0, 0, Self.first, Self.second + 63])
        == [":conservative@16>1", ":conservative@16>1", ":conservative@24>2"]
    )
  }

  @Test("Damaged words in objects of every kind, cut off anywhere, trap nowhere")
  func damage() {
    let reference = slot("a", .reference(.strong), at: 0)
    let pair = [reference, slot("b", .closure, at: 8), slot("c", .opaqueExistential, at: 24)]
    var unknown = column(pair)
    unknown.isKnown = false
    let slots = (2..<6).map { slot("s", .closure, at: $0 * 8) } + pair
    let layouts = [
      layout(slots, uncovered: [0, 8, 1 << 40], tail: .conservative),
      layout(tail: .array(stride: 1, slots: pair)),
      layout(tail: .array(stride: 1 << 40, slots: pair)),
      layout(tail: .ring(start: 40, elements: column(pair, stride: 3))),
      layout(tail: .ring(start: 1 << 40, elements: column(pair))),
      layout(tail: .ring(start: 40, elements: unknown)),
      layout(tail: .string(slots: pair)),
      layout(tail: .error),
      layout(tail: .hashTable(.init(keys: column(pair), values: unknown))),
      layout(tail: .hashTable(.init(keys: column(pair, stride: 40), values: nil))),
    ]
    var random = SplitMix64(state: 1)
    for layout in layouts {
      for length in 0...16 {
        for _ in 0..<20 {
          let words = (0..<length).map { _ in
            Self.hostile.randomElement(using: &random) ?? 0
          }
          #expect(edges(layout, words).count < 200)
        }
      }
    }
  }

  @Test("A task retains the memory of its frames, and its group what has finished")
  func tasks() {
    var scanner = EdgeScanner(index: index, types: types, sideTables: [:])
    scanner.addTaskReferences(frames: [1], finishedChildren: [2])
    let labels = scanner.edges.map { types.labels.labels[Int($0.label)].name }
    #expect(labels == ["frames", EdgeLabel.groupName])
    #expect(scanner.edges.map(\.target) == [1, 2])
  }
}
