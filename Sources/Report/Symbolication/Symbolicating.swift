internal import Foundation

/// Turns addresses of the program's code into what a person reads.
package protocol Symbolicating {
  /// The frames at a return address, inlined ones included, innermost first. Never empty: an
  /// address that nothing is known about is a frame with its hexadecimal digits as its function.
  func frames(at returnAddress: UInt64) -> [SymbolicatedFrame]

  /// The frames of a suspended function that goes on at an address, inlined ones included, innermost first.
  func frames(resumedAt function: UInt64) -> [SymbolicatedFrame]

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
}

/// One frame of a call stack, readable.
package struct SymbolicatedFrame: Sendable, Hashable {
  package var function: String
  package var mangledName: String?
  package var file: String?
  package var line: Int?
  package var column: Int?
  /// The executable's or library's name, without its folder.
  package var image: String
  /// Whether the reader's eye may pass over it: the user didn't write it.
  package var isLibraryFrame: Bool
  /// Whether it is a function of the test helpers, which are built into the user's tests.
  package var isOfHelpers: Bool

  package init(
    function: String,
    mangledName: String? = nil,
    file: String? = nil,
    line: Int? = nil,
    column: Int? = nil,
    image: String,
    isLibraryFrame: Bool,
    isOfHelpers: Bool = false
  ) {
    self.function = function
    self.mangledName = mangledName
    self.file = file
    self.line = line
    self.column = column
    self.image = image
    self.isLibraryFrame = isLibraryFrame
    self.isOfHelpers = isOfHelpers
  }
}

/// What is known about a closure's code.
package struct ClosureDescription: Sendable, Hashable {
  /// Demangled and readable: `closure #1 in Pet.bind()`.
  package var name: String
  package var file: String?
  package var line: Int?
  /// The captured variables in the order of the captures, as far as debug information says so.
  ///
  /// Empty where it doesn't. A wrong name is worse than none: it ends up in a fix.
  package var captures: [String]

  /// Whether debug information says that `self` is among the captures, without saying which.
  package var capturesSelf: Bool

  /// Whether its code is that of a library of the toolchain.
  package var isOfToolchain: Bool

  package init(
    name: String,
    file: String? = nil,
    line: Int? = nil,
    captures: [String] = [],
    capturesSelf: Bool = false,
    isOfToolchain: Bool = false
  ) {
    self.name = name
    self.file = file
    self.line = line
    self.captures = captures
    self.capturesSelf = capturesSelf
    self.isOfToolchain = isOfToolchain
  }

  /// The captured variable of a number and type, where that is certain.
  ///
  /// `self` is known by its type: the closure is in a method of that type (`closure #1 in Pet.bind()`).
  package func variable(ofCapture index: Int, type: String) -> String? {
    if captures.indices.contains(index) { return captures[index] }
    guard capturesSelf, let context = name.components(separatedBy: " in ").last else { return nil }
    let method = context.prefix { $0 != "(" }.split(separator: ".")
    let selfType = method.dropLast().last
    let captured = type.prefix { $0 != "<" }.split(separator: ".").last
    return selfType != nil && selfType == captured ? "self" : nil
  }
}
