internal import CSwiftLayout

/// The parts of Swift's metadata that are read directly, because SwiftRemoteMirror doesn't tell them.
///
/// Layouts: swiftlang/swift 6.3, `include/swift/ABI/Metadata.h` (64 bits, without Objective-C) and
/// `MetadataKind.def`. Pinned by `TypeLayoutTests`.
enum Metadata {
  /// The first word of heap metadata.
  enum Kind {
    case classObject
    /// The context of a closure, a captured variable's box, an indirect case's box.
    case localVariable
    /// A box of `swift_allocBox`: its metadata names the type of the value.
    case genericBox
    case errorObject
    case task
    /// Storage of a job that is not a task.
    case job

    init?(rawValue: UInt64) {
      switch Int(truncatingIfNeeded: rawValue) {
      case REMNANT_KIND_CLASS: self = .classObject
      case REMNANT_KIND_LOCAL_VARIABLE: self = .localVariable
      case REMNANT_KIND_GENERIC_BOX: self = .genericBox
      case REMNANT_KIND_ERROR: self = .errorObject
      case REMNANT_KIND_TASK: self = .task
      case REMNANT_KIND_JOB: self = .job
      default: return nil
      }
    }
  }

  // Before the address point.
  static let valueWitnesses: UInt64 = 8
  static let deallocatingDeinit: UInt64 = 16

  // Class metadata.
  static let superclass = UInt64(REMNANT_CLASS_SUPERCLASS)
  static let instanceSize = UInt64(REMNANT_CLASS_INSTANCE_SIZE)
  static let descriptor = UInt64(REMNANT_CLASS_DESCRIPTOR)

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
  func isStoredInline(metadata: Address) -> Bool? {
    witnessFlags(ofMetadata: metadata).map { $0 & Metadata.isNotInline == 0 }
  }

  /// The alignment of a type's values, minus one.
  func alignmentMask(ofMetadata metadata: Address) -> UInt64? {
    witnessFlags(ofMetadata: metadata).map { UInt64($0 & Metadata.alignmentMask) }
  }

  /// How many bytes a value of the type takes.
  func size(ofMetadata metadata: Address) -> UInt64? {
    guard metadata >= MachineLayout.leastAddress,
      let table = load(metadata - Metadata.valueWitnesses, as: Address.self)
    else { return nil }
    return load(table + Metadata.witnessSize, as: UInt64.self)
  }

  private func witnessFlags(ofMetadata metadata: Address) -> UInt32? {
    guard metadata >= MachineLayout.leastAddress,
      let table = load(metadata - Metadata.valueWitnesses, as: Address.self)
    else { return nil }
    return load(table + Metadata.witnessFlags, as: UInt32.self)
  }
}
