internal import ELF
internal import Foundation
internal import HeapGraph

/// The symbols of a process's images, for a later analysis of its heap, on any thread.
final class ImageSymbols: @unchecked Sendable {
  /// The table reads symbols when they are asked for: only under the lock.
  private let lock = NSLock()
  private let images: ImageTable
  private var names: [UInt64: String?] = [:]

  init(_ images: ImageTable) { self.images = images }

  func name(at address: UInt64) -> String? {
    lock.withLock {
      if let known = names[address] { return known }
      let name = images.symbol(containing: Address(address))?.name
      names[address] = .some(name)
      return name
    }
  }

  func dependencies() -> Set<String> {
    lock.withLock {
      images.entries.reduce(into: Set()) { names, entry in
        // Libraries of the system have no sources here.
        if entry.file.hasSwiftSections { names.formUnion(DependencyModules.names(in: entry.file)) }
      }
    }
  }

  func endingCalls() -> [String: String] {
    lock.withLock {
      images.entries.reduce(into: [:]) { calls, entry in
        guard entry.file.hasSwiftSections, !entry.image.path.contains("/lib/swift/") else { return }
        calls.merge(EndingCalls.methods(in: images.symbols(of: entry))) { first, _ in first }
      }
    }
  }

  var programSymbols: ProgramSymbols {
    ProgramSymbols(functionName: name, dependencies: dependencies, endingCalls: endingCalls)
  }
}
