internal import CUnwind
internal import Foundation
internal import HeapCapture
internal import HeapGraph
internal import Symbolication

/// Where something was done: return addresses, innermost first.
///
/// Taken in about a microsecond; named only when it is printed.
public struct CallStack: Sendable, Hashable {
  /// The most frames that are kept.
  public static let depth = 32

  /// Return addresses in this process, innermost first.
  public let addresses: [UInt]

  /// Captures the caller's call stack.
  ///
  /// - Complexity: O(frames)
  public init() {
    addresses = withUnsafeTemporaryAllocation(
      of: UnsafeMutableRawPointer?.self,
      capacity: Self.depth
    ) { buffer in
      guard let start = buffer.baseAddress else { return [] }
      let count = Int(remnant_call_stack(start, Int32(buffer.count)))
      return buffer.prefix(count).map { UInt(bitPattern: $0) }
    }
  }

  /// A frame's function with file and line, where these are known.
  public struct Frame: Sendable, Hashable, CustomStringConvertible {
    /// The demangled name.
    public let function: String
    /// The source file, and nil for code without debug information.
    public let file: String?
    /// From 1; nil as for `file`.
    public let line: Int?
    /// Whether it belongs to the toolchain or the system.
    public let isLibraryFrame: Bool

    /// `function at file:line`.
    public var description: String {
      guard let file else { return function }
      let name = URL(fileURLWithPath: file).lastPathComponent
      return "\(function) at \(name)\(line.map { ":\($0)" } ?? "")"
    }
  }

  /// Names the frames; takes a second or more where there is much debug information.
  public func frames() -> [Frame] {
    let directory = ProcessDirectory(process: getpid())
    guard !addresses.isEmpty, let map = directory.memoryMap() else { return [] }
    let symbolicator = Symbolicator(images: ImageTable(map).entries.map(\.image))
    let addresses = addresses.map { UInt64($0) }
    symbolicator.load(returnAddresses: addresses, functions: [])
    return addresses.flatMap { symbolicator.frames(at: $0) }.map {
      Frame(
        function: $0.function,
        file: $0.file,
        line: $0.line,
        isLibraryFrame: $0.isLibraryFrame
      )
    }
  }
}
