internal import CLinux

/// The memory of another process, read by the kernel: nothing runs in that process.
package struct ProcessMemoryReader: MemoryReader {
  package let process: Int32

  package init(process: Int32) {
    self.process = process
  }

  package func read(_ address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    guard let start = buffer.baseAddress, !buffer.isEmpty else { return 0 }
    // Higher addresses would wrap around in the kernel's check.
    guard address < MachineLayout.current.addressEnd else { return 0 }
    return max(0, remnant_read_memory(process, address.rawValue, start, buffer.count))
  }

  /// Asks the kernel; an older one for every page, a gigabyte's at a time.
  package func writtenParts(of range: Range<Address>) -> [Range<Address>] {
    let presence = PagePresence(process: process)
    if let runs = presence.scannedRuns(range) {
      return runs.map { $0.clamped(to: range) }
    }
    return range.parts(ofAtMost: 1 << 30).flatMap { part in
      presence.runs(part).map { $0.clamped(to: part) }
    }
  }
}
