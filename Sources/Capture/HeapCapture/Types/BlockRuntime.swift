internal import ELF
internal import HeapGraph

/// What C blocks are recognized by in a process: all of it is compared, because word and symbol are another library's.
package struct BlockRuntime {
  /// The first word of a block on the heap.
  let classAddress: Address
  /// The function of the blocks that `dispatch_block_create` makes; nil without libdispatch.
  let workItemInvoke: Address?
  /// The symbols at exactly an address of the process.
  var symbolNames: (Address) -> [String]

  init(
    classAddress: Address,
    workItemInvoke: Address? = nil,
    symbolNames: @escaping (Address) -> [String]
  ) {
    self.classAddress = classAddress
    self.workItemInvoke = workItemInvoke
    self.symbolNames = symbolNames
  }

  /// Nil where a process has no such blocks, or where their library isn't recognized.
  package init?(_ images: ImageTable, reader: any MemoryReader) {
    func address(_ symbol: String, _ library: String) -> Address? {
      images.home(ofLibrary: library).flatMap { images.address(of: symbol, in: $0) }
    }
    guard let classAddress = address(BlockLayout.classSymbol, "libBlocksRuntime") else {
      return nil
    }
    self.init(
      classAddress: classAddress,
      workItemInvoke: address(BlockLayout.WorkItem.invokeSymbol, "libdispatch").flatMap {
        reader.load($0, as: Address.self)
      }
    ) { [images] address in
      images.symbolNames(at: address)
    }
  }
}

extension ImageTable {
  /// The image that has the code of a library of the toolchain: the library, or the program that all of them are linked into.
  func home(ofLibrary name: String) -> Entry? {
    if let library = entries.first(where: { $0.image.path.contains("/\(name).so") }) {
      return library
    }
    let isLinkedStatically = !entries.contains { $0.image.path.contains("/libswiftCore.so") }
    return isLinkedStatically ? entries.first { $0.file.hasSwiftSections } : nil
  }
}
