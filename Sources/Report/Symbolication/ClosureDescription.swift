internal import Foundation

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
