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
