/// Where the parts of a C block lie that was copied to the heap.
///
/// libBlocksRuntime of swift-corelibs-libdispatch, Swift 6.3, 64 bits: `src/BlocksRuntime/Block_private.h`. Measured on
/// 6.3.1; `BlockTests` compares with blocks that Dispatch and the compiler made.
enum BlockLayout {
  /// What the first word of such a block is the address of.
  static let classSymbol = "_NSConcreteMallocBlock"

  static let flags = 8
  static let invoke = 16
  static let descriptor = 24
  static let captures = 32

  enum Flag {
    static let isDeallocating: UInt32 = 1
    /// How often it is retained, in units of two.
    static let countMask: UInt32 = 0xfffe
    static let needsFree: UInt32 = 1 << 24
    static let hasHelpers: UInt32 = 1 << 25
  }

  // The descriptor: an unused word, the size of the block, two helpers if the flags say so.
  static let size: UInt64 = 8
  static let copyHelper: UInt64 = 16
  static let disposeHelper: UInt64 = 24

  /// A Swift closure that was made a block: its function and its context, and nothing else.
  ///
  /// `GenThunk.cpp` and `SILGenBridging.cpp` (`emitFuncToBlock`); the helpers retain and release both as a value of the
  /// function's type.
  enum Closure {
    static let function = captures
    static let size: UInt64 = 48

    /// Whether a symbol is that of a function which calls a closure as a block.
    ///
    /// In the mangling of its types, `Ieg` is a closure that escapes, `IeyB` a block, and `TR` a thunk between the two
    /// (`docs/ABI/Mangling.rst`). LLVM numbers functions whose names clash.
    static func isThunk(_ symbol: String) -> Bool {
      guard symbol.hasPrefix("$s"), symbol.contains("IeyB") else { return false }
      var name = symbol[...]
      if let dot = name.lastIndex(of: "."), name[name.index(after: dot)...].allSatisfy(\.isNumber) {
        name = name[..<dot]
      }
      return name.hasSuffix("TR")
    }
  }

  /// A block of `dispatch_block_create`, which `DispatchWorkItem` is: around the one that was given to it.
  ///
  /// `dispatch_block_private_data_s` (`src/queue_internal.h`).
  enum WorkItem {
    /// A pointer that libdispatch compares the invoke function with.
    static let invokeSymbol = "_dispatch_block_special_invoke"
    static let magic = captures
    static let magicValue: UInt64 = 0xD159_B10C
    static let block = 72
    static let size: UInt64 = 104
  }
}
