/// What differs from one processor to another in the memory of a Linux process.
struct MachineLayout: Sendable, Equatable {
  /// The bits of an address that a program can have: its own memory ends there.
  var addressBits: UInt64
  /// The bits of a word that Swift takes for an address: it keeps an enum's tags in the others
  /// (`stdlib/public/SwiftShims/swift/shims/System.h`, `SWIFT_ABI_*_SWIFT_SPARE_BITS_MASK`).
  var referenceMask: UInt64
  /// A leaf function may use this many bytes below its stack pointer without saying so.
  var redZone: UInt64
  var threadStorage: ThreadStorage

  /// Where a thread's variables lie, seen from its thread pointer (Drepper, "ELF Handling For Thread-Local Storage").
  enum ThreadStorage {
    /// Variant II: the variables below it, glibc's control block from it on.
    case belowPointer
    /// Variant I: two words, then the variables; glibc's control block is below it.
    case abovePointer
  }

  /// System V ABI, AMD64.
  static let x86 = MachineLayout(
    addressBits: 47,
    referenceMask: 0x00ff_ffff_ffff_fff8,
    redZone: 128,
    threadStorage: .belowPointer
  )
  /// Procedure Call Standard for the Arm 64-bit Architecture.
  static let aarch64 = MachineLayout(
    addressBits: 48,
    referenceMask: 0x0fff_ffff_ffff_fff8,
    redZone: 0,
    threadStorage: .abovePointer
  )

  #if arch(arm64)
  static let current = aarch64
  #else
  static let current = x86
  #endif

  /// No address of a program is as great.
  var addressEnd: Address { Address(1 << addressBits) }

  /// The bits of a word of a block without a type that can be an address: C code tags pointers in all that an address
  /// doesn't need.
  var conservativeMask: UInt64 { 0x0000_ffff_ffff_fff8 }

  /// Words below this aren't addresses: Linux maps nothing in the first page.
  static let leastAddress: Address = 4096
  /// The smallest unit of memory: a kernel with larger pages has whole numbers of these.
  static let pageSize: UInt64 = 4096

  /// Whether an aligned structure can be there.
  func isAligned(_ address: Address) -> Bool {
    address >= Self.leastAddress && address < addressEnd && address.isAligned(to: 8)
  }

  /// Where a thread's variables and glibc's control block of it lie; empty where the pointer can't be one.
  func threadStorage(at pointer: Address, variables: UInt64) -> Range<Address> {
    let controlBlock = GlibcLayout.controlBlockSize
    switch threadStorage {
    case .belowPointer:
      guard pointer.rawValue > variables, pointer < addressEnd else { return 0..<0 }
      return (pointer - variables).alignedDown(to: 8)..<pointer + controlBlock
    case .abovePointer:
      guard pointer.rawValue > controlBlock, pointer < addressEnd,
        variables < addressEnd.rawValue
      else { return 0..<0 }
      return (pointer - controlBlock).alignedDown(to: 8)..<pointer + 16 + variables
    }
  }
}
