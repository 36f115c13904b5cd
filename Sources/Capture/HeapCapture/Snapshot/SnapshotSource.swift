internal import ELF
internal import Glibc

/// A process that can be brought to rest and read.
package protocol SnapshotSource: Sendable {
  /// Takes a snapshot, reads its heap, and lets the process go on.
  ///
  /// Complexity: linear in the memory of the process that can hold references.
  ///
  /// - Parameter progress: called with the name of each phase as it begins, on another thread.
  /// - Returns: the heap, and what the report says of how it was read.
  /// - Throws: why there is none, and what to do.
  func heap(progress: @escaping @Sendable (String) -> Void) throws(CaptureError) -> CapturedHeap
}

extension SnapshotSource {
  package func heap() throws(CaptureError) -> CapturedHeap { try heap { _ in } }
}

extension ProcessSnapshot {
  /// Reads what isn't memory of a process that stands still; what else is known, the source adds.
  init(
    of process: Int32,
    threads: [StoppedProcess.Thread],
    unstoppable: [(id: Int32, name: String)],
    kernel: KernelRoots,
    recorderState: Address,
    recorderPath: String? = nil,
    symbols: SymbolCache? = nil
  ) throws(CaptureError) {
    let directory = ProcessDirectory(process: process)
    guard let map = directory.memoryMap(), !map.regions.isEmpty else {
      throw CaptureError(.processEnded, errno: ESRCH)
    }
    let memory = CachedMemoryReader(ProcessMemoryReader(process: process))
    self.init(
      memory: memory,
      map: map,
      images: ImageTable(
        map,
        of: process,
        reader: memory,
        excluding: recorderPath,
        symbols: symbols
      ),
      allocations: try RecorderTables(at: recorderState, of: process, reader: memory).table,
      threads: threads,
      unstoppable: unstoppable,
      kernel: kernel,
      executable: directory.executable() ?? "",
      recorderImage: recorderPath.flatMap { ImageTable.range(of: $0, in: map) } ?? 0..<0
    )
  }
}
