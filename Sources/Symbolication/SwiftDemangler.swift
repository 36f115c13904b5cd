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

  /// The symbol of the code that a function pointer's symbol forwards to: a stored closure points at
  /// a partial apply forwarder (`TA`), a reabstraction thunk (`TR`), a merged function (`Tm`), or the
  /// description of an async function (`Tu`).
  package static func forwardedSymbol(_ mangled: String) -> String {
    var symbol = mangled[...]
    var isPeeled = true
    while isPeeled {
      isPeeled = false
      for suffix in ["TA", "Tm", "TR", "Tu"] where symbol.hasSuffix(suffix) {
        symbol = symbol.dropLast(suffix.count)
        isPeeled = true
      }
      // The resumption of an async function: `TQ0_`, `TY1_`.
      if symbol.hasSuffix("_"), let mark = symbol.dropLast().lastIndex(where: { !$0.isNumber }),
        mark > symbol.startIndex, symbol[mark] == "Q" || symbol[mark] == "Y",
        symbol[symbol.index(before: mark)] == "T"
      {
        symbol = symbol[..<symbol.index(before: mark)]
        isPeeled = true
      }
    }
    return String(symbol)
  }

  private static func tidied(_ name: String) -> String {
    var name = name
    let noises = [
      "async function pointer to ", "partial apply for ", "merged ", "specialized ",
      "reabstraction thunk helper ",
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
