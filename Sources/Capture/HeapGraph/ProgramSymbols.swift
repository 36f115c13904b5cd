/// What the files of a program say of its code, asked only where an analysis needs it.
package struct ProgramSymbols: Sendable {
  /// The linker's name of the function that an address of code lies in; nil where no symbol says.
  package var functionName: @Sendable (_ address: UInt64) -> String?
  /// Modules whose sources the package manager fetched: a program's author can't change them.
  package var dependencies: @Sendable () -> Set<String>
  /// Of types that have a method such as `close()` or `shutdown()`: that method, by the type's full name.
  package var endingCalls: @Sendable () -> [String: String]

  package init(
    functionName: @escaping @Sendable (_ address: UInt64) -> String?,
    dependencies: @escaping @Sendable () -> Set<String> = { [] },
    endingCalls: @escaping @Sendable () -> [String: String] = { [:] }
  ) {
    self.functionName = functionName
    self.dependencies = dependencies
    self.endingCalls = endingCalls
  }

  /// Of a program about whose files nothing is known.
  package static let none = ProgramSymbols(functionName: { _ in nil })
}

/// The module of a linker's name (Swift's docs/ABI/Mangling.rst): nil for what isn't Swift.
package func module(ofSymbol symbol: String) -> Substring? {
  guard symbol.hasPrefix("$s") || symbol.hasPrefix("$S") else { return nil }
  let rest = symbol.dropFirst(2)
  // `s` is the standard library, and `S` begins a substitution for one of its types.
  if rest.first == "s" || rest.first == "S" { return "Swift" }
  let digits = rest.prefix { $0.isASCII && $0.isNumber }
  guard let length = Int(digits), length > 0, length < 1000 else { return nil }
  let name = rest.dropFirst(digits.count).prefix(length)
  return name.count == length ? name : nil
}
