/// The parts of Swift's metadata that are read directly, because SwiftRemoteMirror doesn't tell them.
///
/// Layouts: swiftlang/swift 6.3, `include/swift/ABI/Metadata.h` (64 bits, without Objective-C) and
/// `MetadataKind.def`. Pinned by `TypeLayoutTests`.
enum Metadata {
  /// The first word of heap metadata.
  enum Kind: UInt64 {
    case classObject = 0
    /// The context of a closure, a captured variable's box, an indirect case's box.
    case localVariable = 0x400
    /// A box of `swift_allocBox`: its metadata names the type of the value.
    case genericBox = 0x500
    case errorObject = 0x501
    case task = 0x502
    /// Storage of a job that is not a task.
    case job = 0x503
  }

  // Before the address point.
  static let valueWitnesses: UInt64 = 8
  static let deallocatingDeinit: UInt64 = 16

  // Class metadata.
  static let superclass: UInt64 = 8
  static let instanceSize: UInt64 = 24
  static let descriptor: UInt64 = 40

  /// No class has more properties than fit there: memory is set aside for each of their words.
  static let largestInstance: UInt32 = 1 << 24

  // Metadata of a local variable or closure context.
  static let firstCaptureOffset: UInt64 = 8
  static let captureDescriptor: UInt64 = 16
  /// What a closure keeps before its captures (their metadata) is far smaller.
  static let largestContextHeader = 1 << 20

  // Metadata of a generic box.
  static let boxedValueOffset: UInt64 = 8
  static let boxedType: UInt64 = 16

  /// Low five bits of a context descriptor's flags: a class.
  static let classDescriptorKind: UInt32 = 16

  /// An object's header: metadata pointer and count word.
  static let objectHeaderSize = 16

  // An error's box: header, type, witness table, then the value (`SwiftError`, ErrorObject.h).
  static let errorType = 16
  static let errorHeaderSize = 32

  // Value witness table: eight functions, then size, stride, flags.
  static let witnessSize: UInt64 = 64
  static let witnessFlags: UInt64 = 80
  static let alignmentMask: UInt32 = 0xff
  static let isNotInline: UInt32 = 0x2_0000
}

extension MemoryReader {
  /// Whether a value of the type lies in an existential's own three words.
  func isStoredInline(metadata: UInt64) -> Bool? {
    witnessFlags(ofMetadata: metadata).map { $0 & Metadata.isNotInline == 0 }
  }

  /// The alignment of a type's values, minus one.
  func alignmentMask(ofMetadata metadata: UInt64) -> UInt64? {
    witnessFlags(ofMetadata: metadata).map { UInt64($0 & Metadata.alignmentMask) }
  }

  /// How many bytes a value of the type takes.
  func size(ofMetadata metadata: UInt64) -> UInt64? {
    guard metadata >= leastValidPointer,
      let table = load(metadata &- Metadata.valueWitnesses, as: UInt64.self)
    else { return nil }
    return load(table &+ Metadata.witnessSize, as: UInt64.self)
  }

  private func witnessFlags(ofMetadata metadata: UInt64) -> UInt32? {
    guard metadata > 4096,
      let table = load(metadata - Metadata.valueWitnesses, as: UInt64.self)
    else { return nil }
    return load(table &+ Metadata.witnessFlags, as: UInt32.self)
  }
}

/// Bits of a word that can be part of an address: enums keep their tags in the others (the top byte
/// and the low three bits).
package let referenceMask: UInt64 = 0x00ff_ffff_ffff_fff8

/// The same for words that no type describes: C code tags pointers in all bits that an address doesn't need, and a
/// program's own addresses have 47.
package let conservativeMask: UInt64 = 0x0000_ffff_ffff_fff8

/// Words below this are no addresses: Linux maps nothing in the first page.
package let leastValidPointer: UInt64 = 4096
