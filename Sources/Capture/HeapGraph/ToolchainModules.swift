extension HeapType {
  /// Whether the type is declared by a library that comes with the toolchain: what holds something
  /// there is seldom what its user can change.
  package var isOfToolchain: Bool {
    guard let dot = name.firstIndex(of: ".") else { return false }
    return toolchainModules.contains(name[..<dot])
  }
}

/// The modules of the libraries that come with the toolchain.
package let toolchainModules: Set<Substring> = [
  "Swift", "_Concurrency", "_StringProcessing", "RegexBuilder", "Synchronization", "Observation",
  "Distributed", "Cxx", "CxxStdlib", "Runtime", "Dispatch", "Foundation", "FoundationEssentials",
  "FoundationInternationalization", "FoundationNetworking", "FoundationXML",
  "_FoundationCollections", "XCTest", "Testing",
]
