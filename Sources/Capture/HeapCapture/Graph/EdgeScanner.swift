internal import HeapGraph

/// Reads the references out of the bytes of a block, as its type says.
struct EdgeScanner {
  let index: BlockIndex
  let types: HeapTypeCompiler
  /// The objects that weak side tables stand for, by the side table's block.
  let sideTables: [NodeIndex: NodeIndex]
  private(set) var edges: [Edge] = []
  private let conservativeLabel: UInt32

  private let referenceMask: UInt64
  private let conservativeMask: UInt64

  private typealias Elements = CollectionLayout.ArrayStorage
  private typealias Text = CollectionLayout.StringStorage
  private typealias Table = CollectionLayout.HashTable
  private typealias Ring = CollectionLayout.Ring

  init(
    index: BlockIndex,
    types: HeapTypeCompiler,
    sideTables: [NodeIndex: NodeIndex],
    machine: MachineLayout = .current
  ) {
    referenceMask = machine.referenceMask
    conservativeMask = machine.conservativeMask
    self.index = index
    self.types = types
    self.sideTables = sideTables
    conservativeLabel = types.labels.index(of: EdgeLabel(name: "", ownership: .conservative))
  }

  // MARK: Blocks

  /// Adds the references of an object of a known type; `address` is where it begins in the process.
  mutating func scanObject(
    _ layout: HeapTypeLayout,
    _ contents: UnsafeRawBufferPointer,
    address: Address
  ) {
    scan(layout.slots, contents, base: 0, outer: nil)
    for offset in layout.uncoveredWords { scanWord(contents, at: offset) }
    switch layout.tail {
    case .ignored: break
    case .conservative: scanRaw(contents, from: layout.fixedSize)
    case .words(let label): scanRaw(contents, from: layout.fixedSize, label)
    case .elements(let elements): scanElements(elements, contents)
    case .array(let stride, let slots):
      let capacity = (contents.count - Elements.elements) / stride
      guard capacity > 0, let count = word(contents, at: Elements.count) else { break }
      for element in 0..<Int(min(count, UInt64(capacity))) {
        scan(slots, contents, base: Elements.elements + element * stride, outer: nil)
      }
    case .string(let slots): scanString(slots, contents)
    case .ring(let start, let elements): scanRing(elements, contents, start: start)
    case .hashTable(let table): scanTable(table, contents, address: address)
    case .error: scanError(contents)
    }
  }

  /// Scans from an offset to another, or to the end.
  mutating func scanRaw(
    _ contents: UnsafeRawBufferPointer,
    from start: Int,
    to end: Int = .max,
    _ label: UInt32? = nil
  ) {
    var offset = (start + 7) & ~7
    let end = min(end, contents.count)
    while offset + 8 <= end {
      scanWord(contents, at: offset, label)
      offset += 8
    }
  }

  /// Elements that may be there: each word as what it would be in one.
  private mutating func scanElements(
    _ elements: HeapTypeLayout.Elements,
    _ contents: UnsafeRawBufferPointer
  ) {
    for offset in stride(from: elements.start, to: contents.count - 7, by: 8) {
      let named = elements.words[(offset - elements.start) % elements.stride]
      var label = named?.label
      if let named, named.isContext, let function = word(contents, at: offset - 8),
        types.isExecutable(Address(function))
      {
        label = types.labels.index(ofClosure: named.label, function: function)
      }
      scanWord(contents, at: offset, label)
    }
  }

  /// What lies behind the text, where there is room for it.
  private mutating func scanString(_ slots: [LabeledSlot], _ contents: UnsafeRawBufferPointer) {
    guard let capacity = word(contents, at: Text.capacity), capacity >> 63 == 1 else {
      return
    }
    let end = (Text.text + Int(capacity & Text.capacityMask) + 7) & ~7
    guard end + 8 <= contents.count else { return }
    scan(slots, contents, base: end, outer: nil)
  }

  private mutating func scanTable(
    _ table: HeapTypeLayout.HashTable,
    _ contents: UnsafeRawBufferPointer,
    address: Address
  ) {
    let bitmap = table.values == nil ? Table.setBitmap : Table.dictionaryBitmap
    guard contents.count >= bitmap + 8 else { return }
    let scale = Int(contents.load(fromByteOffset: Table.scale, as: Int8.self))
    guard (0..<Table.largestScale).contains(scale) else { return }
    scan(table.keys, of: table, contents, start: Table.keys, bitmap, scale, address)
    if let values = table.values {
      scan(values, of: table, contents, start: Table.dictionaryValues, bitmap, scale, address)
    }
  }

  /// Only buckets that the bitmap calls occupied: others keep the words of what was removed.
  private mutating func scan(
    _ column: HeapTypeLayout.Column,
    of table: HeapTypeLayout.HashTable,
    _ contents: UnsafeRawBufferPointer,
    start: Int,
    _ bitmap: Int,
    _ scale: Int,
    _ address: Address
  ) {
    guard !(column.isKnown && column.slots.isEmpty), let first = word(contents, at: start),
      let base = Address(first).offset(from: address), base < contents.count
    else { return }
    guard column.isKnown, column.stride > 0 else {
      scanRaw(contents, from: base)
      return
    }
    for bucket in 0..<(1 << scale) {
      let offset = base + bucket * column.stride
      guard offset + column.stride <= contents.count,
        let word = word(contents, at: bitmap + bucket / 64 * 8)
      else { return }
      if word >> UInt64(bucket % 64) & 1 == 1 {
        scan(column.slots, contents, base: offset, outer: nil)
      }
    }
  }

  /// Only the elements between the first and the last: other places keep the words of what was removed.
  private mutating func scanRing(
    _ elements: HeapTypeLayout.Column,
    _ contents: UnsafeRawBufferPointer,
    start: Int
  ) {
    guard !(elements.isKnown && elements.slots.isEmpty) else { return }
    guard elements.isKnown, let capacity = word(contents, at: Ring.capacity),
      let count = word(contents, at: Ring.count),
      let first = word(contents, at: Ring.first),
      capacity <= UInt64(max(0, contents.count - start) / elements.stride), count <= capacity,
      first <= capacity
    else {
      scanRaw(contents, from: start)
      return
    }
    for number in 0..<count {
      let element = Int((first + number) % capacity)
      scan(elements.slots, contents, base: start + element * elements.stride, outer: nil)
    }
  }

  private mutating func scanError(_ contents: UnsafeRawBufferPointer) {
    guard let metadata = word(contents, at: Metadata.errorType).map({ Address($0) }) else { return }
    let layout = types.layouts.layout(ofMetadata: metadata)
    guard layout.isKnown else {
      scanRaw(contents, from: Metadata.errorHeaderSize)
      return
    }
    let mask = Int(types.alignmentMask(ofMetadata: metadata))
    let slots = types.labels.label(layout.slots, declaringType: "error box")
    scan(slots, contents, base: (Metadata.errorHeaderSize + mask) & ~mask, outer: nil)
  }

  // MARK: Slots

  /// `outer` is the label of the existential that holds the value.
  private mutating func scan(
    _ slots: [LabeledSlot],
    _ contents: UnsafeRawBufferPointer,
    base: Int,
    outer: UInt32?
  ) {
    for slot in slots {
      let offset = base + slot.offset
      guard let word = word(contents, at: offset) else { continue }
      switch slot.kind {
      case .reference(.weak): addWeak(word, label(slot, outer), offset)
      case .reference(.conservative): scanWord(contents, at: offset)
      case .reference: add(word, label(slot, outer), offset)
      case .bridgeObject:
        // Bits 63 and 61: an immortal or a small string, which isn't a reference (StringObject.swift).
        if word >> 61 & 0b101 == 0 { add(word, label(slot, outer), offset) }
      case .closure:
        guard let context = self.word(contents, at: offset + 8),
          Address(word) > MachineLayout.leastAddress
        else {
          continue
        }
        let label = types.labels.index(
          ofClosure: label(slot, outer),
          function: word & referenceAddressMask
        )
        add(context, label, offset + 8)
      case .opaqueExistential: scanExistential(contents, at: offset, label(slot, outer))
      case .enumeration(let projection, let cases):
        let value = UnsafeRawBufferPointer(rebasing: contents[offset...])
        if let index = projection.caseIndex(of: value) {
          if cases.indices.contains(index) {
            scan(cases[index], contents, base: offset, outer: outer)
          }
        } else {
          scanRaw(contents, words: offset, projection.size)
        }
      }
    }
  }

  private mutating func scanExistential(
    _ contents: UnsafeRawBufferPointer,
    at offset: Int,
    _ label: UInt32
  ) {
    guard let metadata = word(contents, at: offset + 24).map({ Address($0 & referenceMask) }),
      metadata >= MachineLayout.leastAddress
    else { return }
    switch types.existentialContents(ofMetadata: metadata) {
    case .inline(let slots): scan(slots, contents, base: offset, outer: label)
    case .boxed: add(word(contents, at: offset) ?? 0, label, offset)
    case .unknown: scanRaw(contents, words: offset, 24)
    }
  }

  private mutating func scanRaw(
    _ contents: UnsafeRawBufferPointer,
    words offset: Int,
    _ size: Int
  ) {
    for offset in stride(from: offset, to: offset + size, by: 8) { scanWord(contents, at: offset) }
  }

  private func label(_ slot: LabeledSlot, _ outer: UInt32?) -> UInt32 {
    outer.map { types.labels.index(of: slot.label, inside: $0) } ?? slot.label
  }

  // MARK: Tasks

  /// Adds what the runtime keeps for a task: the memory of its frames, and finished children whose results wait in a
  /// group, each of which the group retains.
  mutating func addTaskReferences(frames: [NodeIndex], finishedChildren: [NodeIndex]) {
    for (targets, name) in [(frames, "frames"), (finishedChildren, EdgeLabel.groupName)] {
      guard !targets.isEmpty else { continue }
      let label = types.labels.index(of: EdgeLabel(name: name, ownership: .strong))
      edges += targets.map { Edge(target: $0, label: label, offset: 0) }
    }
  }

  // MARK: Dispatch sources

  /// Adds the blocks that a dispatch source calls, which lie in memory of their own.
  mutating func addHandlers(_ handlers: [(name: String, block: NodeIndex)], areOwned: Bool) {
    for (name, block) in handlers {
      let label = EdgeLabel(name: name, ownership: areOwned ? .strong : .conservative)
      edges.append(Edge(target: block, label: types.labels.index(of: label), offset: 0))
    }
  }

  // MARK: Words

  private func word(_ contents: UnsafeRawBufferPointer, at offset: Int) -> UInt64? {
    guard offset >= 0, offset + 8 <= contents.count else { return nil }
    return contents.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }

  /// A typed reference points at the start of its object; what points elsewhere is a static object, or one that the
  /// runtime made in a block of its own, as it does with the tasks of `async let`.
  private mutating func add(_ word: UInt64, _ label: UInt32, _ offset: Int) {
    let address = Address(word & referenceMask)
    guard let target = index.block(containing: address) else { return }
    let isStart = index.block(at: address) == target
    edges.append(
      Edge(
        target: target,
        label: isStart ? label : conservativeLabel,
        offset: UInt32(truncatingIfNeeded: offset)
      )
    )
  }

  /// A weak reference points at its object's side table.
  private mutating func addWeak(_ word: UInt64, _ label: UInt32, _ offset: Int) {
    if let table = index.block(at: Address(word & referenceMask)), let target = sideTables[table] {
      edges.append(Edge(target: target, label: label, offset: UInt32(truncatingIfNeeded: offset)))
    }
  }

  private mutating func scanWord(
    _ contents: UnsafeRawBufferPointer,
    at offset: Int,
    _ label: UInt32? = nil
  ) {
    if let word = word(contents, at: offset), Address(word) >= MachineLayout.leastAddress,
      let target = index.block(containing: Address(word & conservativeMask))
    {
      edges.append(
        Edge(
          target: target,
          label: label ?? conservativeLabel,
          offset: UInt32(truncatingIfNeeded: offset)
        )
      )
    }
  }
}

/// Code addresses keep their low bits.
private let referenceAddressMask: UInt64 = 0x00ff_ffff_ffff_ffff
