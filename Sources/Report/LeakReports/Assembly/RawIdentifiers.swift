import HeapGraph
internal import Symbolication

/// A name with raw identifiers as the source spells them.
///
/// The compiler writes their spaces as no-break spaces, and metadata, symbols and demanglers pass them on. Nobody types
/// those into a suppression, and test frameworks name tests with the space.
func withPlainSpaces(_ name: String) -> String {
  // Names are many, and few have one.
  guard name.utf8.contains(0xA0) else { return name }
  return escaping(name) { $0 == "\u{A0}" ? " " : nil }
}

/// The parts of a test's name, `Module.Suite/test()`: a slash within a raw identifier divides nothing.
func components(ofTest id: String) -> [String] {
  var isRaw = false
  let parts = id.unicodeScalars.split(omittingEmptySubsequences: true) { scalar in
    if scalar == "`" { isRaw.toggle() }
    return scalar == "/" && !isRaw
  }
  return parts.map { String($0) }
}

extension HeapGraph {
  /// The graph with names as the source spells them.
  var withPlainSpaces: HeapGraph {
    var graph = self
    for index in types.indices {
      graph.types[index].name = LeakReports.withPlainSpaces(types[index].name)
    }
    for (index, label) in labels.enumerated() {
      graph.labels[index].name = LeakReports.withPlainSpaces(label.name)
      graph.labels[index].declaringType = LeakReports.withPlainSpaces(label.declaringType)
      graph.labels[index].slotType = LeakReports.withPlainSpaces(label.slotType)
    }
    return graph
  }
}

/// A symbolicator's names as the source spells them.
struct PlainSpaceSymbolicator: Symbolicating {
  let symbolicator: any Symbolicating

  func frames(at returnAddress: UInt64) -> [SymbolicatedFrame] {
    symbolicator.frames(at: returnAddress).map(plain)
  }

  func frames(resumedAt function: UInt64) -> [SymbolicatedFrame] {
    symbolicator.frames(resumedAt: function).map(plain)
  }

  func variables(resumedAt function: UInt64) -> [FrameVariable] {
    symbolicator.variables(resumedAt: function).map { variable in
      var variable = variable
      variable.name = withPlainSpaces(variable.name)
      return variable
    }
  }

  private func plain(_ frame: SymbolicatedFrame) -> SymbolicatedFrame {
    var frame = frame
    frame.function = withPlainSpaces(frame.function)
    return frame
  }

  func closure(at functionAddress: UInt64) -> ClosureDescription? {
    symbolicator.closure(at: functionAddress).map { closure in
      var closure = closure
      closure.name = withPlainSpaces(closure.name)
      closure.captures = closure.captures.map(withPlainSpaces)
      return closure
    }
  }

  func global(at address: UInt64) -> String? {
    symbolicator.global(at: address).map(withPlainSpaces)
  }
}
