internal import ELF

/// Where images were mapped, and their symbols.
final class AddressImages {
  struct Image {
    var path: String
    var loadBias: UInt64
    var range: Range<UInt64>
    /// Part of the system or of the toolchain, not of the program.
    var isLibrary: Bool
  }

  /// In order of address.
  private let images: [Image]
  private var tables: [String: SymbolTable?] = [:]

  init(_ images: [(path: String, loadBias: UInt64, range: Range<UInt64>)]) {
    self.images = images.map {
      Image(
        path: $0.path,
        loadBias: $0.loadBias,
        range: $0.range,
        isLibrary: Self.isLibrary($0.path)
      )
    }.sorted { $0.range.lowerBound < $1.range.lowerBound }
  }

  func image(containing address: UInt64) -> Image? {
    var low = 0
    var high = images.count
    while low < high {
      let middle = (low + high) / 2
      if images[middle].range.upperBound <= address { low = middle + 1 } else { high = middle }
    }
    guard low < images.count, images[low].range.contains(address) else { return nil }
    return images[low]
  }

  func symbol(containing address: UInt64) -> SymbolTable.Symbol? {
    guard let image = image(containing: address) else { return nil }
    return table(image.path)?.symbol(containing: address &- image.loadBias)
  }

  /// Where, in the process, the symbol of a name begins that is in the same image as an address.
  func address(of symbol: String, besides address: UInt64) -> UInt64? {
    guard let image = image(containing: address) else { return nil }
    return table(image.path)?.address(of: symbol).map { $0 &+ image.loadBias }
  }

  private func table(_ path: String) -> SymbolTable? {
    if let table = tables[path] { return table }
    let table = (try? ELFFile(path: path)).map { SymbolCache.shared.table(of: $0) }
    tables[path] = .some(table)
    return table
  }

  private static func isLibrary(_ path: String) -> Bool {
    let directories = ["/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/"]
    if directories.contains(where: path.hasPrefix) || path.contains("/usr/lib/swift/") {
      return true
    }
    // A program may bring the toolchain's libraries along with it.
    let name = path.split(separator: "/").last ?? ""
    let prefixes = [
      "libswift", "libFoundation", "lib_Foundation", "libdispatch", "libBlocksRuntime",
      "libXCTest", "libTesting", "lib_Testing",
    ]
    return prefixes.contains(where: name.hasPrefix)
  }
}
