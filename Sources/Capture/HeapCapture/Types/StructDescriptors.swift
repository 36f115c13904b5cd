/// Finds the descriptors of structs by their names.
///
/// Only asked for what SwiftRemoteMirror can't lower, so the images' lists are read at the first
/// question.
final class StructDescriptors {
  private let reader: any MemoryReader
  /// `swift5_type_metadata`: relative pointers to descriptors, whose low bits say what kind they are.
  private let typeRecords: [Range<Address>]
  private lazy var descriptors = readDescriptors()

  private static let kindBits: UInt64 = 3
  private static let isIndirect: UInt64 = 1

  init(reader: any MemoryReader, typeRecords: [Range<Address>]) {
    self.reader = reader
    self.typeRecords = typeRecords
  }

  /// Nil where no struct has the name, and where several have: private ones of several files.
  func descriptor(named name: String) -> Address? {
    guard let found = descriptors[name], found.count == 1 else { return nil }
    return found[0]
  }

  private func readDescriptors() -> [String: [Address]] {
    let contexts = ContextDescriptors(reader: reader)
    var result: [String: [Address]] = [:]
    var known: [Address: String?] = [:]
    for records in typeRecords {
      for offset in stride(from: 0, to: records.size, by: 4) {
        guard let pointer = reader.relative(records.lowerBound + offset) else { continue }
        var descriptor = pointer & ~Self.kindBits
        if pointer.rawValue & Self.kindBits == Self.isIndirect {
          guard let target = reader.load(descriptor, as: Address.self) else { continue }
          descriptor = target
        }
        guard contexts.kind(of: descriptor) == .structType,
          let name = contexts.qualifiedName(of: descriptor, known: &known)
        else { continue }
        result[name, default: []].append(descriptor)
      }
    }
    return result
  }
}
