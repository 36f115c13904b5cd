/// Turns addresses of the program's code into what a person reads.
package protocol Symbolicating {
  /// The frames at a return address, inlined ones included, innermost first. Never empty: an
  /// address that nothing is known about is a frame with its hexadecimal digits as its function.
  func frames(at returnAddress: UInt64) -> [SymbolicatedFrame]

  /// The frames of a suspended function that goes on at an address, inlined ones included, innermost first.
  func frames(resumedAt function: UInt64) -> [SymbolicatedFrame]

  /// The variables that a suspended function which goes on at an address has in its memory; empty where nothing says.
  func variables(resumedAt function: UInt64) -> [FrameVariable]

  /// The closure whose code begins at an address; nil where no symbol says.
  func closure(at functionAddress: UInt64) -> ClosureDescription?

  /// The global or static property whose storage has an address; nil where no symbol says.
  func global(at address: UInt64) -> String?
}

extension Symbolicating {
  package func frames(resumedAt function: UInt64) -> [SymbolicatedFrame] {
    // One past its start, because it is no return address.
    frames(at: function &+ 1)
  }

  package func variables(resumedAt function: UInt64) -> [FrameVariable] { [] }
}
