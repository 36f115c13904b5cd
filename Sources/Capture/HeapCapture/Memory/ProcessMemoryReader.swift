internal import CLinux

/// The memory of another process, read by the kernel: nothing runs in that process.
package struct ProcessMemoryReader: MemoryReader {
  package let process: Int32

  package init(process: Int32) {
    self.process = process
  }

  package func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    guard let start = buffer.baseAddress, !buffer.isEmpty else { return 0 }
    // Higher addresses would wrap around in the kernel's check.
    guard address < MachineLayout.current.addressEnd else { return 0 }
    return max(0, remnant_read_memory(process, address, start, buffer.count))
  }

  /// Asks the kernel; an older one for every page, a gigabyte's at a time.
  package func writtenParts(of range: Range<UInt64>) -> [Range<UInt64>] {
    let presence = PagePresence(process: process)
    if let runs = presence.scannedRuns(range) {
      return runs.map { $0.clamped(to: range) }
    }
    return stride(from: range.lowerBound, to: range.upperBound, by: 1 << 30).flatMap { start in
      let piece = start..<min(start + (1 << 30), range.upperBound)
      return presence.runs(piece).map { $0.clamped(to: piece) }
    }
  }
}
