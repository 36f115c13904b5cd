internal import HeapCapture

/// Why a session gave no report.
package struct SessionError: Error, CustomStringConvertible {
  package var message: String
  package var remedy: String

  package init(message: String, remedy: String) {
    self.message = message
    self.remedy = remedy
  }

  init(_ refusal: ControlPage.Refusal, detail: String, program: String) {
    switch refusal {
    case .otherAllocator:
      message = "malloc in \(program) belongs to \(detail): nothing was run"
      remedy = "run a build without that allocator or sanitizer"
    case .noUnwinder:
      message = "libunwind could not be loaded into \(program) (\(detail)): nothing was run"
      remedy = "apt-get install libunwind8"
    case .noMemory:
      message = "the recorder got no memory in \(program) (\(detail)): nothing was run"
      remedy = "raise the limit of the address space (ulimit -v)"
    case .otherLibrary:
      message = "\(program) doesn't use glibc (\(detail)): nothing was run"
      remedy = "Remnant works with glibc only"
    }
  }

  package var description: String { "\(message)\n\(remedy)" }
}
