internal import ELF
internal import HeapGraph

/// Where images were mapped, and their symbols.
final class AddressImages {
  struct Image {
    var image: LoadedImage
    /// Whether it is part of the system or of the toolchain.
    let isLibrary: Bool

    var path: String { image.path }
    var loadBias: UInt64 { image.loadBias }
    var range: Range<UInt64> { image.range }
  }

  /// In order of address.
  private let images: [Image]
  private var files: [String: ELFFile?] = [:]
  private var tables: [String: SymbolTable?] = [:]

  init(_ images: [LoadedImage]) {
    self.images = images.map {
      Image(image: $0, isLibrary: CodeOrigin(imagePath: $0.path) == .toolchain)
    }.sorted { $0.range.lowerBound < $1.range.lowerBound }
  }

  /// Whether the file of an image's name is still the one that was mapped: another one's names and lines would be wrong.
  func hasFile(_ image: Image) -> Bool { file(of: image) != nil }

  func hasDebugInformation(_ image: Image) -> Bool {
    file(of: image).map { $0.hasDebugInformation } ?? false
  }

  private func file(of image: Image) -> ELFFile? {
    if let file = files[image.path] { return file }
    var file = try? ELFFile(path: image.path)
    if let found = file, found.buildID != image.image.buildID { file = nil }
    files[image.path] = .some(file)
    return file
  }

  func image(containing address: UInt64) -> Image? {
    let index = images.partitioningIndex { $0.range.upperBound > address }
    return index < images.count && images[index].range.contains(address) ? images[index] : nil
  }

  func symbol(containing address: UInt64) -> SymbolTable.Symbol? {
    guard let image = image(containing: address) else { return nil }
    return table(image)?.symbol(containing: address &- image.loadBias)
  }

  /// Where, in the process, the symbol of a name begins that is in the same image as an address.
  func address(of symbol: String, besides address: UInt64) -> UInt64? {
    guard let image = image(containing: address) else { return nil }
    return table(image)?.address(of: symbol).map { $0 &+ image.loadBias }
  }

  private func table(_ image: Image) -> SymbolTable? {
    if let table = tables[image.path] { return table }
    let table = file(of: image).map { SymbolCache.shared.table(of: $0) }
    tables[image.path] = .some(table)
    return table
  }
}
