internal import CSwiftDemangle
internal import Glibc

/// Turns the linker's names of Swift code into names that people read.
package enum SwiftDemangler {
  /// `closure #1 in Pet.bind(with:)` for `$s3App3PetC4bind4withyAC_tFyycfU_`; nil for what isn't Swift.
  package static func readableName(_ mangled: String) -> String? {
    guard mangled.hasPrefix("$s") || mangled.hasPrefix("$S") else { return nil }
    var size = 0
    guard let name = _swift_backtrace_demangle(mangled, mangled.utf8.count, nil, &size) else {
      return nil
    }
    defer { free(name) }
    return tidied(String(cString: name))
  }

  /// The symbol of the code that a function pointer's symbol stands for.
  ///
  /// A stored closure points at a partial apply forwarder (`TA`), a merged function (`Tm`), the
  /// record of an async function (`Tu`) or its resumption (`TQ0_`, `TY1_`); LLVM adds numbers
  /// where names would clash (`.22`).
  package static func forwardedSymbol(_ mangled: String) -> String {
    forwardedSymbols(mangled).last ?? mangled
  }

  /// What remains of a symbol as its suffixes are taken away, one after the other; empty where it
  /// has none.
  package static func forwardedSymbols(_ mangled: String) -> [String] {
    var result: [String] = []
    var symbol = mangled[...]
    while let shorter = withoutSuffix(symbol) {
      symbol = shorter
      result.append(String(symbol))
    }
    return result
  }

  /// How the part of an asynchronous function that a symbol names is resumed; nil where it names no such part.
  package static func resumption(of mangled: String) -> Resumption? {
    // LLVM's number for a clone comes last.
    let clone = mangled.lastIndex(of: ".").map { mangled[mangled.index(after: $0)...] }
    let symbol =
      clone?.allSatisfy(\.isNumber) == true
      ? mangled[..<(clone?.startIndex ?? mangled.endIndex)].dropLast() : mangled[...]
    guard symbol.hasPrefix("$s") || symbol.hasPrefix("$S"), let shorter = withoutSuffix(symbol)
    else { return nil }
    switch symbol[shorter.endIndex...].prefix(2) {
    case "TY": return .byItself
    case "TQ": return .byCallee
    default: return nil
    }
  }

  package enum Resumption: Sendable {
    /// With its own context: after it changed its executor (`TY0_`).
    case byItself
    /// With the context of the function that it called (`TQ1_`).
    case byCallee
  }

  private static func withoutSuffix(_ symbol: Substring) -> Substring? {
    for suffix in ["TA", "Tm", "Tu"] where symbol.hasSuffix(suffix) {
      return symbol.dropLast(suffix.count)
    }
    let digits = symbol.reversed().prefix { $0.isASCII && $0.isNumber }.count
    if digits > 0 {
      let rest = symbol.dropLast(digits)
      return rest.hasSuffix(".") ? rest.dropLast() : nil
    }
    if symbol.hasSuffix("_") {
      let rest = symbol.dropLast().reversed().drop { $0.isASCII && $0.isNumber }.reversed()
      let mark = String(rest.suffix(2))
      return mark == "TQ" || mark == "TY" ? symbol.prefix(rest.count - 2) : nil
    }
    return symbol.hasSuffix(".resume") ? symbol.dropLast(".resume".count) : nil
  }

  /// Whether a symbol is a thunk that only changes how values are passed (`TR`, `Tr`): it says
  /// nothing about the closure that it calls.
  package static func isReabstractionThunk(_ mangled: String) -> Bool {
    readableName(mangled).map {
      $0.hasPrefix("thunk for ") || $0.hasPrefix("specialized thunk for ")
    }
      ?? false
  }

  private static func tidied(_ name: String) -> String {
    var name = name
    let noises = [
      "partial apply for ", "merged ", "reabstraction thunk helper ", "async function pointer to ",
    ]
    while let noise = noises.first(where: name.hasPrefix) { name.removeFirst(noise.count) }
    if let range = name.firstRange(of: ".__allocating_init") {
      name.replaceSubrange(range, with: ".init")
    }
    // A closure in the top-level code of a file is in nothing that has a name.
    if name.hasSuffix(" in ") { name += "top-level code" }
    return name
  }
}
