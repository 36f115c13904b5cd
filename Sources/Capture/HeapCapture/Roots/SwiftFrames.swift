internal import ELF
internal import HeapGraph

/// Tells frames of compiled Swift, which can own objects without a word on the stack.
struct SwiftFrames {
  let images: ImageTable

  /// Bytes of `_start`, the only frame of a Swift program that is always there and owns nothing.
  private static let entrySize: UInt64 = 64

  /// The test frameworks, and the program that SwiftPM writes for a test bundle, own tests and nothing that tests
  /// made: what these leave behind when the frameworks call `exit` is theirs.
  private func isTestRunner(_ symbol: String, in path: String) -> Bool {
    let file = path.split(separator: "/").last ?? ""
    if file == "libXCTest.so" || file == "libTesting.so" { return true }
    return file.hasSuffix(".xctest")
      && (symbol == "main" || symbol.contains("PackageTests6RunnerV"))
  }

  /// Whether one of a thread's frames, innermost first, could own an object.
  func haveOwner(_ addresses: [UInt64]) -> Bool {
    addresses.indices.contains { index in
      isSwiftFrame(addresses[index])
        && !(index > 0 && isMainQueueLoop(addresses[index - 1]))
    }
  }

  /// The `main` that the compiler writes for an asynchronous program only runs the main queue: what the program's own
  /// `main` owns lies in its task.
  private func isMainQueueLoop(_ address: UInt64) -> Bool {
    images.symbol(containing: Address(address) - 1)?.name.contains("asyncMainDrainQueue") == true
  }

  private func isSwiftFrame(_ address: UInt64) -> Bool {
    guard let entry = images.entry(containing: Address(address)), entry.file.hasSwiftSections else {
      return false
    }
    guard let symbol = images.symbol(containing: Address(address) - 1) else {
      // Stripped: any function of a Swift image may be Swift.
      let start = entry.address(ofLinked: entry.file.entryPoint)
      return !Range(at: start, size: Self.entrySize).contains(Address(address))
    }
    // The optimizer puts it into the thunk that calls it.
    if symbol.name.contains("async_Main") || isTestRunner(symbol.name, in: entry.image.path) {
      return false
    }
    return symbol.name.hasPrefix("$s") || symbol.name.hasPrefix("$S") || symbol.name == "main"
  }
}
