import ELF
import HeapGraph

@testable import HeapCapture

/// An image that a test makes: an ELF file of a few hundred bytes, and where the loader put it.
///
///     let image = try FakeImage(path: "/usr/lib/libc.so.6", at: 0x7000_0000, functions: ["poll"])
///     let images = ImageTable(entries: [image.entry])
///     images.symbol(containing: image.address(of: "poll"))
struct FakeImage {
  let entry: ImageTable.Entry
  private let functions: [String]

  /// Bytes of each function; they lie one behind the other, from the second page on.
  static let functionSize: UInt64 = 256
  private static let code: UInt64 = 0x1000
  static let size: UInt64 = 0x10000

  /// The program's first function, where it has one, is its entry point.
  init(
    path: String,
    at address: Address,
    functions: [String] = [],
    hasSwift: Bool = false,
    threadLocalSize: UInt64 = 0,
    hasDynamicSymbols: Bool = false
  ) throws {
    self.functions = functions
    let range = Range(at: address, size: Self.size).rawValues
    let bytes = Self.file(
      functions,
      hasSwift,
      threadLocalSize,
      symbolTable: hasDynamicSymbols ? 11 : 2
    )
    let file = try ELFFile(bytes: bytes, path: path)
    entry = ImageTable.Entry(
      image: LoadedImage(path: path, buildID: nil, loadBias: address.rawValue, range: range),
      file: file
    )
  }

  /// A few bytes into a function, where a call in it returns to.
  func address(of function: String) -> Address {
    let index = functions.firstIndex(of: function) ?? 0
    return entry.address(ofLinked: Self.code + UInt64(index) * Self.functionSize + 16)
  }

  /// An address of the image at which no function is.
  var nameless: Address { entry.address(ofLinked: Self.size - 64) }

  // MARK: The file

  /// elf(5): a header, two program headers, four sections and a symbol for each function.
  static func file(
    _ functions: [String] = [],
    _ hasSwift: Bool = false,
    _ threadLocalSize: UInt64 = 0,
    segmentSize: UInt64 = size,
    symbolTable: UInt32 = 2
  ) -> [UInt8] {
    let sectionNames = "\0.symtab\0.strtab\0swift5_types\0"
    var strings: [UInt8] = Array(sectionNames.utf8)
    var symbols = FakeBytes()
    for (index, function) in functions.enumerated() {
      symbols.append(UInt32(strings.count))
      symbols.append([0x12, 0])
      symbols.append(UInt16(2))
      symbols.append(code + UInt64(index) * functionSize)
      symbols.append(functionSize)
      strings += Array(function.utf8) + [0]
    }
    let headers: UInt64 = 64 + 2 * 56
    let sections = headers + UInt64(strings.count + symbols.bytes.count)

    var file = FakeBytes()
    file.append([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    file.append(UInt16(3))
    file.append(ELFFile.machineX86)
    file.append(UInt32(1))
    file.append(code)
    file.append(UInt64(64))
    file.append(sections)
    file.append(UInt32(0))
    for number: UInt16 in [64, 56, 2, 64, 4, 2] { file.append(number) }
    file.appendProgramHeader(type: 1, size: segmentSize)
    file.appendProgramHeader(type: 7, size: threadLocalSize)
    file.append(strings)
    file.append(symbols.bytes)

    let symbolStart = headers + UInt64(strings.count)
    file.appendSection(name: 0, type: 0, offset: 0, size: 0)
    file.appendSection(
      name: 1,
      type: symbolTable,
      offset: symbolStart,
      size: UInt64(symbols.bytes.count)
    )
    file.appendSection(name: 9, type: 3, offset: headers, size: UInt64(strings.count))
    file.appendSection(name: 17, type: 1, offset: headers, size: hasSwift ? 4 : 0)
    return file.bytes
  }
}

/// Numbers, one behind the other.
private struct FakeBytes {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ more: [UInt8]) { bytes += more }

  mutating func append<Number: FixedWidthInteger>(_ number: Number) {
    bytes += withUnsafeBytes(of: number.littleEndian, Array.init)
  }

  mutating func appendProgramHeader(type: UInt32, size: UInt64) {
    append(type)
    append(UInt32(5))
    for number: UInt64 in [0, 0, 0, size, size, 0x1000] { append(number) }
  }

  mutating func appendSection(name: UInt32, type: UInt32, offset: UInt64, size: UInt64) {
    append(name)
    append(type)
    for number: UInt64 in [0, 0, offset, size] { append(number) }
    append(UInt32(2))
    append(UInt32(0))
    append(UInt64(1))
    append(UInt64(24))
  }
}
