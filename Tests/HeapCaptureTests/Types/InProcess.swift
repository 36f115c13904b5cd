import Foundation
import HeapGraph

@testable import HeapCapture

@_silgen_name("malloc_usable_size")
private func usableSize(_: UnsafeMutableRawPointer?) -> Int

/// The tests' own process as the one that is looked at: real metadata of real types.
enum InProcess {
  /// Reads the own memory through the kernel: a bad address is an error, not a crash.
  struct Reader: MemoryReader {
    private let descriptor = open("/proc/self/mem", O_RDONLY | O_CLOEXEC)

    func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
      guard address >> 63 == 0 else { return 0 }
      return max(0, pread(descriptor, buffer.baseAddress, buffer.count, Int(address)))
    }
  }

  static let reader = Reader()

  /// The images of the process and its mapped code, read once.
  private static let mappings: (images: [MappedImage], code: [Range<UInt64>]) = {
    let data = FileHandle(forReadingAtPath: "/proc/self/maps")?.readDataToEndOfFile() ?? Data()
    var images: [MappedImage] = []
    var code: [Range<UInt64>] = []
    for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
      let fields = line.split(separator: " ", omittingEmptySubsequences: true)
      let bounds = fields[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
      if fields[1].contains("x") { code.append(bounds[0]..<bounds[1]) }
      guard fields.count >= 6, fields[5].hasPrefix("/"), fields[2] == "00000000",
        let image = image(path: String(fields[5]), start: bounds[0])
      else { continue }
      images.append(image)
    }
    return (images, code)
  }()

  private static func image(path: String, start: UInt64) -> MappedImage? {
    guard let file = FileManager.default.contents(atPath: path), file.count > 64,
      file.prefix(4) == Data([0x7f, 0x45, 0x4c, 0x46])
    else { return nil }
    func field(_ offset: Int, _ size: Int) -> Int {
      file[offset..<offset + size].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    let headers = field(0x28, 8)
    let count = field(0x3c, 2)
    guard headers > 0, headers + count * 64 <= file.count else { return nil }
    let names = headers + field(0x3e, 2) * 64
    let namesStart = field(names + 24, 8)
    let namesSize = field(names + 32, 8)
    return MappedImage(
      image: LoadedImage(path: path, buildID: nil, loadBias: start, range: start..<start + 1),
      hasSwiftSections: file.range(of: Data("swift5_fieldmd".utf8)) != nil,
      unmappedParts: [
        (start + UInt64(headers), [UInt8](file[headers..<headers + count * 64])),
        (start + UInt64(namesStart), [UInt8](file[namesStart..<namesStart + namesSize])),
      ])
  }

  /// The graph of the given objects alone.
  static func graph(of objects: [AnyObject]) throws -> HeapGraph {
    try graph(ofAddresses: objects.map(address))
  }

  static func graph(ofAddresses addresses: [UInt64]) throws -> HeapGraph {
    var picture = HeapPicture()
    picture.images = mappings.images
    picture.executableRanges = mappings.code
    picture.blocks = Set(addresses).sorted().map { address in
      let size = usableSize(UnsafeMutableRawPointer(bitPattern: UInt(address)))
      return HeapPicture.Block(address: address, size: UInt64(size), stackID: 0, birth: 0)
    }
    return try GraphBuilder(picture: picture, reader: reader).build().graph
  }

  static func address(_ object: AnyObject) -> UInt64 {
    UInt64(UInt(bitPattern: Unmanaged.passUnretained(object).toOpaque()))
  }

  /// The word at an offset into an object.
  static func word(_ object: AnyObject, at offset: Int) -> UInt64 {
    reader.load(address(object) + UInt64(offset), as: UInt64.self) ?? 0
  }
}

extension HeapGraph {
  func node(_ object: AnyObject) -> NodeIndex? { node(containing: InProcess.address(object)) }

  /// `name:ownership` of every reference from one object to another, in order of offset.
  func references(from source: AnyObject, to target: AnyObject) -> [String] {
    guard let from = node(source), let to = node(target) else { return ["not in the graph"] }
    return edges(of: from).filter { $0.target == to }.sorted { $0.offset < $1.offset }.map {
      let label = label(of: $0)
      return "\(label.name):\(label.ownership.rawValue)"
    }
  }
}
