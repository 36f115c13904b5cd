internal import CSwiftDemangle
internal import Foundation

/// Finds the types whose `init` or `deinit` is on a stack: objects of theirs can be half made, or half
/// gone.
enum UnfinishedTypes {
  /// The type that a function begins or ends the life of (`Net.Owner`, without module and generic
  /// arguments); nil for other functions.
  ///
  /// `symbol` is a mangled name.
  static func type(ofFunction symbol: String) -> String? {
    // Entities of a class's initializers and deinitialisers (Swift's docs/ABI/Mangling.rst).
    guard symbol.hasPrefix("$s"),
      ["fc", "fC", "fd", "fD", "fZ"].contains(where: { symbol.contains($0) })
    else { return nil }
    var size = 0
    guard let demangled = _swift_backtrace_demangle(symbol, symbol.utf8.count, nil, &size) else {
      return nil
    }
    defer { free(demangled) }
    return type(ofDemangled: String(cString: demangled))
  }

  private static let members = [
    ".init(", ".__allocating_init(", ".deinit", ".__deallocating_deinit",
    ".__isolated_deallocating_deinit",
  ]

  /// From `Owner.init(name:)`, also where it is `specialized Owner.init(name:)`.
  static func type(ofDemangled name: String) -> String? {
    // A closure in an initializer runs when it will.
    if name.contains("closure #") { return nil }
    guard
      let member = members.compactMap({ name.range(of: $0) })
        .min(by: { $0.lowerBound < $1.lowerBound })
    else { return nil }
    let type = name[..<member.lowerBound].prefix { $0 != "<" }
    return type.split(separator: " ").last.map(String.init)
  }
}
