internal import CLinux
internal import Glibc

/// Which pages of a process have ever been written, from `/proc/PID/pagemap` (proc(5), and
/// Documentation/admin-guide/mm/pagemap.rst of the kernel).
///
/// Reading an untouched page through the kernel would make it exist, in the program's own memory.
final class PagePresence {
  private let descriptor: Int32
  /// Bit 63: present in memory; bit 62: swapped out.
  private static let exists: UInt64 = 0b11 << 62

  init(process: Int32) {
    descriptor = open("/proc/\(process)/pagemap", O_RDONLY | O_CLOEXEC)
  }

  /// The same as `runs`, asked of the kernel in a few calls however large the range is; nil where it doesn't answer.
  ///
  /// Complexity: linear in the pages that exist, not in those that are reserved.
  func scannedRuns(_ range: Range<Address>) -> [Range<Address>]? {
    let pages = range.pages
    let end = pages.upperBound.rawValue
    var next = pages.lowerBound.rawValue
    var runs: [Range<Address>] = []
    let capacity = 512
    var bounds = [UInt64](repeating: 0, count: 2 * capacity)
    while next < end {
      let start = next
      let count = remnant_written_pages(descriptor, start, end, &bounds, capacity, &next)
      guard count >= 0, next > start else { return nil }
      for index in 0..<count {
        // Not more at once than is read at once.
        runs += (Address(bounds[2 * index])..<Address(bounds[2 * index + 1]))
          .parts(ofAtMost: Self.longestRun)
      }
    }
    return runs
  }

  private static let longestRun: UInt64 = 4 << 20

  /// Runs of existing pages of a range, at most 4 MiB each; the whole range where it can't be told.
  func runs(_ range: Range<Address>) -> [Range<Address>] {
    let pages = range.pages
    let firstPage = pages.lowerBound.rawValue / MachineLayout.pageSize
    let count = Int(pages.size / MachineLayout.pageSize)
    var entries = [UInt64](repeating: 0, count: count)
    let wanted = count * 8
    let got = entries.withUnsafeMutableBytes {
      pread(descriptor, $0.baseAddress, wanted, off_t(firstPage * 8))
    }
    guard descriptor >= 0, got == wanted else { return [range] }
    var runs: [Range<Address>] = []
    var page = 0
    while page < count {
      guard entries[page] & Self.exists != 0 else {
        page += 1
        continue
      }
      let start = page
      while page < count, entries[page] & Self.exists != 0, page - start < 1024 { page += 1 }
      runs.append(
        Range(
          at: pages.lowerBound + UInt64(start) * MachineLayout.pageSize,
          size: UInt64(page - start) * MachineLayout.pageSize
        )
      )
    }
    return runs
  }

  deinit { close(descriptor) }
}
