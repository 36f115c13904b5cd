import Foundation
import HeapGraph
import Synchronization

@testable import HeapCapture

@_silgen_name("malloc_usable_size")
private func usableSize(_: UnsafeMutableRawPointer?) -> Int

/// The tests' own process as the one that is looked at: real metadata of real types.
enum InProcess {
  /// Reads the own memory through the kernel: a bad address is an error, not a crash.
  struct Reader: MemoryReader {
    private let descriptor = open("/proc/self/mem", O_RDONLY | O_CLOEXEC)

    func read(_ address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int {
      guard address.rawValue >> 63 == 0 else { return 0 }
      return max(0, pread(descriptor, buffer.baseAddress, buffer.count, Int(address.rawValue)))
    }
  }

  static let reader = Reader()

  /// The process's mappings and images, read once.
  private static let map = ProcessDirectory(process: getpid()).memoryMap()
  nonisolated(unsafe) private static let images = map.map { ImageTable($0) }

  /// The table of images reads its symbols when they are asked for, and tests run side by side.
  private static let symbolLock = Mutex<Void>(())

  /// The graph of the given objects alone.
  static func graph(of objects: [AnyObject]) throws -> HeapGraph {
    try graph(ofAddresses: objects.map(address))
  }

  ///
  /// `altering` changes the layouts that it is read by.
  static func graph(
    ofAddresses addresses: [Address],
    altering: @escaping HeapTypeCompiler.Alteration = { layout, _ in layout }
  ) throws -> HeapGraph {
    var outline = HeapOutline()
    outline.images = mappedImages
    outline.blocks = blocks
    outline.dispatch = dispatch
    outline.executableRanges = map?.regions.filter(\.isExecutable).map(\.range) ?? []
    outline.allocations.blocks = Set(addresses).sorted().map { address in
      let size = size(ofBlockAt: address)
      return AllocationTable.Block(address: address, size: size, stackID: 0, birth: 0)
    }
    var builder = GraphBuilder(outline: outline, reader: reader, symbolName: symbolName)
    builder.alteringLayouts = altering
    return try builder.build().graph
  }

  static var mappedImages: [MappedImage] { images?.entries.map(HeapReader.mapped) ?? [] }

  /// What the process's C blocks are recognized by.
  static var blocks: BlockRuntime? {
    symbolLock.withLock { _ in
      var blocks = images.flatMap { BlockRuntime($0, reader: reader) }
      blocks?.symbolNames = symbolNames
      return blocks
    }
  }

  /// What its dispatch sources are recognized by.
  static var dispatch: DispatchReader? {
    symbolLock.withLock { _ in
      var dispatch = images.flatMap { DispatchReader($0, reader: reader) }
      dispatch?.symbolNames = symbolNames
      return dispatch
    }
  }

  private static func symbolNames(at address: Address) -> [String] {
    symbolLock.withLock { _ in images?.symbolNames(at: address) ?? [] }
  }

  private static func symbolName(at address: Address) -> String? {
    symbolLock.withLock { _ in images?.symbolName(at: address, prefix: "get_type_metadata ") }
  }

  /// The lists of types of the image that a type is in.
  static func typeRecords(ofImageWith type: Any.Type) -> [Range<Address>] {
    let address = metadata(type)
    return mappedImages.first { $0.image.range.contains(address.rawValue) }?.typeRecords ?? []
  }

  /// SwiftRemoteMirror with the process's images, read through a memory that is the process's own or a damaged copy.
  static func mirror(through reader: any MemoryReader = reader) -> RemoteMirror? {
    let images = mappedImages
    let mirror = RemoteMirror(
      reader: reader,
      typeRecords: images.flatMap(\.typeRecords),
      symbolName: symbolName
    )
    for mapped in images where mapped.hasSwiftSections {
      let overlays = mapped.unmappedParts.map {
        RemoteMirror.Overlay(address: $0.address, bytes: $0.bytes)
      }
      _ = mirror?.addImage(at: Address(mapped.image.range.lowerBound), overlays: overlays)
    }
    return mirror
  }

  static func metadata(_ type: Any.Type) -> Address {
    Address(UInt64(UInt(bitPattern: unsafeBitCast(type, to: UnsafeRawPointer.self))))
  }

  /// The descriptor of a struct or enum, or of a class.
  static func descriptor(_ type: Any.Type) -> Address {
    let isClass = type is AnyObject.Type
    let offset = isClass ? Metadata.descriptor : 8
    return reader.load(metadata(type) + offset, as: Address.self) ?? 0
  }

  /// Bytes that the allocator gave.
  static func size(ofBlockAt address: Address) -> UInt64 {
    UInt64(usableSize(UnsafeMutableRawPointer(bitPattern: UInt(address.rawValue))))
  }

  static func address(_ object: AnyObject) -> Address {
    Address(UInt64(UInt(bitPattern: Unmanaged.passUnretained(object).toOpaque())))
  }

  /// The word at an offset into an object.
  static func word(_ object: AnyObject, at offset: Int) -> UInt64 {
    reader.load(address(object) + offset, as: UInt64.self) ?? 0
  }

  /// The same word as the address that it is.
  static func pointer(_ object: AnyObject, at offset: Int) -> Address {
    Address(word(object, at: offset))
  }
}

extension HeapGraph {
  func node(_ object: AnyObject) -> NodeIndex? {
    node(containing: InProcess.address(object).rawValue)
  }

  /// `name:ownership` of every reference from one object to another, in order of offset.
  func references(from source: AnyObject, to target: AnyObject) -> [String] {
    guard let from = node(source), let to = node(target) else { return ["not in the graph"] }
    return edges(of: from).filter { $0.target == to }.sorted { $0.offset < $1.offset }.map {
      let label = label(of: $0)
      return "\(label.name):\(label.ownership.rawValue)"
    }
  }

  /// The labels of an object's typed references.
  ///
  /// The blocks of these graphs are as long as the
  /// allocator made them, so that stale words behind an object may look like references.
  func typedReferences(from source: AnyObject) -> [EdgeLabel] {
    guard let from = node(source) else { return [] }
    return edges(of: from).map(label).filter { $0.ownership != .conservative }
  }
}
