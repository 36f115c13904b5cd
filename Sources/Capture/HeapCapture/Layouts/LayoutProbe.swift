internal import ELF
internal import HeapGraph

/// Checks, before anything is judged, that the Swift runtime in a process is laid out as this tool believes.
///
/// What is compared are types of the standard library that every program has, and that never change: an array's empty
/// storage, `Int`, and `String`. In a stripped program with the runtime in it, whose symbols are gone, it is `String`
/// alone, found through the list of types.
struct LayoutProbe {
  enum Outcome: Equatable {
    case passed
    /// All that can be compared is as it should be, but this release was never tried.
    case passedWithUnknownVersion
    /// What is different.
    case failed(String)
  }

  /// The release whose layouts are written down here, and its clang.
  static let knownSwiftVersion = "6.3"
  private static let knownClangVersion = "21."

  let images: ImageTable
  let reader: any MemoryReader
  let isExecutable: (Address) -> Bool

  func outcome() -> Outcome {
    guard let runtime else { return .passedWithUnknownVersion }
    if let difference = difference(in: runtime) { return .failed(difference) }
    let versions = runtime.file.clangVersions
    return versions.contains { $0.hasPrefix(Self.knownClangVersion) }
      ? .passed : .passedWithUnknownVersion
  }

  /// The image that has the runtime: the library, or a program that it is linked into.
  private var runtime: ImageTable.Entry? {
    images.entries.first { $0.image.path.contains("/libswiftCore.so") }
      ?? images.entries.first { $0.file.hasSwiftSections }
  }

  private func difference(in runtime: ImageTable.Entry) -> String? {
    func address(_ symbol: String) -> Address? { images.address(of: symbol, in: runtime) }
    if let metadata = address("$ss19__EmptyArrayStorageCN") {
      if let difference = difference(inEmptyStorage: metadata) { return difference }
      if let object = address("_swiftEmptyArrayStorage"),
        let difference = difference(inObject: object, ofClass: metadata)
      {
        return difference
      }
    }
    if let metadata = address("$sSiN"), let difference = difference(inInt: metadata) {
      return difference
    }
    return difference(inString: address("$sSSMn"), runtime)
  }

  // MARK: Types

  private func difference(inEmptyStorage metadata: Address) -> String? {
    let types = ContextDescriptors(reader: reader)
    func name(_ metadata: Address) -> String? {
      pointer(metadata + Metadata.descriptor).flatMap(types.qualifiedName)
    }
    guard word(metadata).flatMap(Metadata.Kind.init) == .classObject,
      let destroy = pointer(metadata - Metadata.deallocatingDeinit), isExecutable(destroy)
    else { return "the head of class metadata" }
    guard reader.load(metadata + Metadata.instanceSize, as: UInt32.self) == 32 else {
      return "the size of instances in class metadata"
    }
    guard name(metadata) == "Swift.__EmptyArrayStorage",
      let superclass = pointer(metadata + Metadata.superclass),
      name(superclass) == "Swift.__ContiguousArrayStorageBase"
    else { return "the names of classes" }
    return nil
  }

  private func difference(inObject object: Address, ofClass metadata: Address) -> String? {
    guard pointer(object) == metadata, let counts = word(object + 8),
      CountWord(bits: counts).isImmortal
    else { return "the head of objects" }
    return nil
  }

  private func difference(inInt metadata: Address) -> String? {
    guard reader.size(ofMetadata: metadata) == 8, reader.alignmentMask(ofMetadata: metadata) == 7,
      reader.isStoredInline(metadata: metadata) == true
    else { return "the value witnesses of types" }
    return nil
  }

  private func difference(inString descriptor: Address?, _ runtime: ImageTable.Entry) -> String? {
    let structs = StructDescriptors(
      reader: reader,
      typeRecords: descriptor == nil ? runtime.typeRecords : []
    )
    // A program without it uses no strings: then there is nothing to compare.
    guard let descriptor = descriptor ?? structs.descriptor(named: "Swift.String") else {
      return nil
    }
    let records = FieldRecords(reader: reader, structs: structs) { _ in nil }
    return records.fields(ofDescriptor: descriptor)?.map(\.name) == ["_guts"]
      ? nil : "the records of properties"
  }

  private func word(_ address: Address) -> UInt64? { reader.load(address, as: UInt64.self) }

  private func pointer(_ address: Address) -> Address? { reader.load(address, as: Address.self) }
}
