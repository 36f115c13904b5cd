/// A variable of a suspended function, and where the function's memory has it.
///
/// Debug information names words and nothing more: the slot of a variable may hold what was left there.
package struct FrameVariable: Sendable, Hashable {
  package var name: String
  /// As the linker knows it (`$s3App4FeedCD`); nil where debug information doesn't say.
  package var mangledType: String?
  /// Bytes from the start of the function's own context.
  package var offset: UInt64
  package var size: UInt64
  /// Whether it is an argument or a capture.
  package var isParameter: Bool

  package init(
    name: String,
    mangledType: String? = nil,
    offset: UInt64,
    size: UInt64 = 8,
    isParameter: Bool = false
  ) {
    self.name = name
    self.mangledType = mangledType
    self.offset = offset
    self.size = size
    self.isParameter = isParameter
  }

  /// The class, without module and generic arguments, that the variable's value is an instance of; nil where it may be
  /// of no class, and where the type doesn't say.
  package var className: String? {
    // A type's symbol ends with `D`, an optional one with `Sg`, a class with `C`, a generic one's arguments with `G`.
    guard let mangledType, mangledType.hasSuffix("D") else { return nil }
    var type = mangledType.dropLast()
    if type.hasSuffix("Sg") { type = type.dropLast(2) }
    guard type.hasSuffix("C") || Self.isGenericClass(type),
      let name = SwiftDemangler.readableName(type + "D")
    else { return nil }
    return name.prefix { $0 != "<" }.split(separator: ".").last.map(String.init)
  }

  /// `$s3App4FeedCySiG`: the arguments, `y…G`, follow a class's `C`.
  private static func isGenericClass(_ mangled: Substring) -> Bool {
    guard mangled.hasSuffix("G"), let arguments = mangled.firstIndex(of: "y") else { return false }
    // Arguments that hold a `y` themselves come later; a name with one in it comes sooner, and has no `C` before it.
    return mangled[..<arguments].hasSuffix("C")
      && !mangled[mangled.index(after: arguments)...].dropLast().contains("G")
  }
}
