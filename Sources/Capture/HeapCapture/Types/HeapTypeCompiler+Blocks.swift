internal import HeapGraph

/// C blocks: counted objects without metadata, whose function says what is in them.
extension HeapTypeCompiler {
  /// What the header of a block on the heap says; nil where the memory isn't one.
  struct BlockHeader {
    /// How many references there are to it.
    var count: UInt32
    var invoke: Address
    var descriptor: Address
    /// With its captures.
    var size: UInt64

    /// Blocks that are being released, or that are never released, are left out.
    init?(
      _ contents: UnsafeRawBufferPointer,
      size blockSize: UInt64,
      _ reader: any MemoryReader,
      _ isExecutable: (Address) -> Bool
    ) {
      typealias Flag = BlockLayout.Flag
      guard contents.count >= BlockLayout.captures else { return nil }
      func word(_ offset: Int) -> Address {
        contents.loadUnaligned(fromByteOffset: offset, as: Address.self)
      }
      let flags = contents.loadUnaligned(fromByteOffset: BlockLayout.flags, as: UInt32.self)
      count = (flags & Flag.countMask) / 2
      invoke = word(BlockLayout.invoke)
      descriptor = word(BlockLayout.descriptor)
      guard flags & Flag.needsFree != 0, flags & Flag.isDeallocating == 0, count > 0,
        flags & Flag.countMask != Flag.countMask, isExecutable(invoke),
        let size = reader.load(descriptor + BlockLayout.size, as: UInt64.self),
        size >= UInt64(BlockLayout.captures), size <= blockSize
      else { return nil }
      self.size = size
      hasHelpers = flags & Flag.hasHelpers != 0
      guard hasHelpers else { return }
      for helper in [BlockLayout.copyHelper, BlockLayout.disposeHelper] {
        guard let code = reader.load(descriptor + helper, as: Address.self), isExecutable(code)
        else { return nil }
      }
    }

    /// Whether code retains and releases what it captures.
    private(set) var hasHelpers: Bool
  }

  /// What a block captures, as far as its function says so.
  ///
  /// Only two kinds are known to own a word. The captures of all others may be anything: what a
  /// block of C code owns, only its helpers know.
  func compileBlock(_ header: BlockHeader, _ contents: UnsafeRawBufferPointer) -> HeapTypeLayout {
    let type = HeapType(kind: .cBlock, name: HeapType.cBlockName)
    var slots: [LabeledSlot] = []
    if header.hasHelpers, isWorkItem(header, contents) {
      slots = [slot("", .reference(.strong), at: BlockLayout.WorkItem.block)]
    } else if header.hasHelpers, header.size == BlockLayout.Closure.size,
      blocks?.symbolNames(header.invoke).contains(where: BlockLayout.Closure.isThunk) == true
    {
      slots = [slot("", .closure, at: BlockLayout.Closure.function)]
    }
    // Nothing beyond its size is the block's, whatever the allocator gave.
    let size = Int(header.size)
    var covered = Set(slots.map(\.offset))
    if slots.first.map({ if case .closure = $0.kind { true } else { false } }) == true {
      covered.insert(BlockLayout.Closure.function + 8)
    }
    return HeapTypeLayout(
      type: type,
      fixedSize: size,
      slots: slots,
      uncoveredWords: stride(from: BlockLayout.captures, to: size & ~7, by: 8).filter {
        !covered.contains($0)
      },
      tail: .ignored
    )
  }

  private func isWorkItem(_ header: BlockHeader, _ contents: UnsafeRawBufferPointer) -> Bool {
    typealias Layout = BlockLayout.WorkItem
    return header.invoke == blocks?.workItemInvoke && header.size == Layout.size
      && contents.count >= Layout.magic + 8
      && contents.loadUnaligned(fromByteOffset: Layout.magic, as: UInt64.self) == Layout.magicValue
  }

  private func slot(_ name: String, _ kind: LabeledSlot.Kind, at offset: Int) -> LabeledSlot {
    let label = EdgeLabel(name: name, ownership: .strong, declaringType: HeapType.cBlockName)
    return LabeledSlot(offset: offset, label: labels.index(of: label), kind: kind)
  }
}
