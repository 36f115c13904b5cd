internal import Synchronization

/// Symbol tables that one snapshot or report read, for the next: those of a test process take most of a second.
package final class SymbolCache: Sendable {
  /// Used by a process that takes snapshots of itself, and by reports on any process.
  package static let shared = SymbolCache()

  private let tables = Mutex<[String: SymbolTable]>([:])

  private init() {}

  /// Files without a build ID are read anew: nothing says whether they have changed.
  package func table(of file: ELFFile) -> SymbolTable {
    // A stripped copy has the same build ID.
    guard let identity = file.buildID.map({ "\($0) \(file.path)" }) else {
      return file.symbolTable()
    }
    if let table = tables.withLock({ $0[identity] }) { return table }
    let table = file.symbolTable()
    tables.withLock { $0[identity] = table }
    return table
  }
}
