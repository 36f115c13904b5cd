package import ELF
package import HeapGraph

/// The executables and libraries of a process, with their files.
package final class ImageTable {
  package struct Entry {
    package var image: LoadedImage
    package var file: ELFFile
  }

  package let entries: [Entry]
  private var symbolTables: [String: SymbolTable] = [:]

  /// Reads the files of all images.
  ///
  /// Files that are no ELF (fonts, locale archives) are no images; an image whose file is gone or
  /// can't be read is left out, and its types with it.
  /// `excluded` is a library that is the recorder's, not the program's.
  package init(_ map: MemoryMap, excluding excluded: String = "") {
    var ranges: [String: Range<UInt64>] = [:]
    var order: [String] = []
    for region in map.regions where region.isFile && region.path != excluded {
      if let known = ranges[region.path] {
        ranges[region.path] = known.lowerBound..<region.range.upperBound
      } else if region.offset == 0 {
        ranges[region.path] = region.range
        order.append(region.path)
      }
    }
    entries = order.compactMap { path in
      guard let range = ranges[path], let file = try? ELFFile(path: path) else { return nil }
      let bias = range.lowerBound &- file.lowestAddress & ~0xfff
      return Entry(
        image: LoadedImage(path: path, buildID: file.buildID, loadBias: bias, range: range),
        file: file
      )
    }
  }

  package func entry(containing address: UInt64) -> Entry? {
    entries.first { $0.image.range.contains(address) }
  }

  package func symbol(containing address: UInt64) -> SymbolTable.Symbol? {
    guard let entry = entry(containing: address) else { return nil }
    return symbolTable(entry).symbol(containing: address &- entry.image.loadBias)
  }

  /// A symbol at exactly an address whose name begins in a given way.
  package func symbolName(at address: UInt64, prefix: String) -> String? {
    guard let entry = entry(containing: address) else { return nil }
    return symbolTable(entry).symbols(at: address &- entry.image.loadBias).first {
      $0.name.hasPrefix(prefix)
    }?.name
  }

  private func symbolTable(_ entry: Entry) -> SymbolTable {
    if let table = symbolTables[entry.image.path] { return table }
    let table = entry.file.symbolTable()
    symbolTables[entry.image.path] = table
    return table
  }
}
