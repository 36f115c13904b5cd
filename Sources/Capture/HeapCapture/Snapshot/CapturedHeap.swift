package import HeapGraph

/// The heap of a process in one moment, and what the report says of how it was read.
package struct CapturedHeap: Sendable {
  package var graph: HeapGraph
  package var symbols: ProgramSymbols
  package var executable: String
  package var hasSwift: Bool
  package var imagesWithoutReflection: [String]
  /// Images that were left out because other files have their names by now.
  package var replacedImages: [String]
  package var unreadableTypes: [String]
  package var unreadableBytes: Int
  /// Threads that didn't stop, by number and name: they went on during the snapshot.
  package var unstoppableThreads: [String]
  /// Whether free memory of the allocator may have been taken for memory in use (see `RootRegions`).
  package var hasUnknownFreeMemory: Bool
  package var lostBlocks: UInt64
  package var lostStacks: UInt64
  /// See `AllocationTable.shortenedDepth`.
  package var shortenedDepth: Int?
  package var undecided: UndecidedChecks
  package var toolchain: String?
  /// How long the program stood still.
  package var pause: Duration
}
