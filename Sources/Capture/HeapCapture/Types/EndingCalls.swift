internal import CSwiftDemangle
internal import ELF
internal import Foundation
internal import HeapGraph

/// Finds the methods that end the life of a type's objects, by their usual names.
enum EndingCalls {
  /// The first that a type has is taken.
  private static let names = [
    "close", "finish", "shutdown", "shutDown", "syncShutdown", "syncShutdownGracefully",
    "shutdownGracefully", "invalidate", "invalidateAndCancel", "stop", "cancel", "terminate",
    "disconnect", "tearDown",
  ]

  /// By the type's full name, without generic arguments: `finish(acceptAlreadyClosed:)`.
  static func methods(in table: SymbolTable) -> [String: String] {
    var found: [String: (rank: Int, method: String)] = [:]
    // An identifier is mangled as its length and its text.
    for symbol in table.names(containing: names.map { "\($0.utf8.count)\($0)" })
    where symbol.hasPrefix("$s") {
      guard let module = module(ofSymbol: symbol),
        let (type, method) = method(ofDemangled: demangled(symbol)),
        let rank = names.firstIndex(of: String(method.prefix { $0 != "(" }))
      else { continue }
      let name = "\(module).\(type)"
      if let known = found[name], (known.rank, known.method) <= (rank, method) { continue }
      found[name] = (rank, method)
    }
    return found.mapValues(\.method)
  }

  /// The type and the method of `Channel.close(mode:promise:)`; nil for what isn't a method of a type's own.
  ///
  /// The runtime's demangler for call stacks leaves modules and the types of arguments out.
  static func method(ofDemangled name: String?) -> (type: String, method: String)? {
    guard let name, let open = name.firstIndex(of: "("), open != name.startIndex,
      let close = name[open...].firstIndex(of: ")"),
      let dot = name[..<open].lastIndex(of: "."),
      // "closure #1 in", "merged", "static", and thunks have a space before the name.
      !name[..<open].contains(" "), !name[..<open].contains("<")
    else { return nil }
    return (String(name[..<dot]), String(name[name.index(after: dot)...close]))
  }

  private static func demangled(_ symbol: String) -> String? {
    var size = 0
    guard let text = _swift_backtrace_demangle(symbol, symbol.utf8.count, nil, &size) else {
      return nil
    }
    defer { free(text) }
    return String(cString: text)
  }
}
