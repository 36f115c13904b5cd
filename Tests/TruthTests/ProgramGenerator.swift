import TestSupport

/// Writes a random Swift program that knows by itself, from plain integers, what it leaks.
///
/// The program makes graphs of random objects whose classes have random stored properties, keeps
/// some of them in a global, drops all others, and prints the truth as a line of JSON. The same seed
/// writes the same program, and the program does the same in every run.
struct ProgramGenerator: ProgramSource {
  let seed: UInt64
  /// Whether references may form strong cycles.
  ///
  /// If not, they point from older to younger objects.
  let leaks: Bool
  /// How many classes the program declares.
  let classCount = 20
  /// How many graphs it makes.
  let graphCount = 200

  init(seed: UInt64, leaks: Bool) {
    self.seed = seed
    self.leaks = leaks
  }

  /// The program's text.
  func source() -> String {
    var generator = SplitMix64(state: seed)
    let kinds = (0..<classCount).map { ClassKind($0, using: &generator) }
    let instances = kinds.flatMap { $0.instances(among: kinds, using: &generator) }
    let classes = kinds.map { kind in
      kind.declaration(targets: instances, leaks: leaks, using: &generator)
    }
    let makers = instances.enumerated().map { index, instance in
      "    case \(index): \(instance)(id: id, type: \(index))"
    }
    return """
      // Program \(seed), \(leaks ? "with" : "without") leaks.
      import Glibc
      import Synchronization

      \(ProgramText.values)
      \(classes.joined(separator: "\n"))
      let typeNames = [\(instances.map { "String(reflecting: \($0).self)" }.joined(separator: ", "))]
      let typeCount = typeNames.count
      func make(_ type: Int, id: Int) -> any Linkable {
        switch type {
      \(makers.joined(separator: "\n"))
        default: fatalError("there is no type \\(type)")
        }
      }

      let graphCount = \(graphCount)
      let leaks = \(leaks)
      var generator = SplitMix64(state: \(generator.next()))
      \(ProgramText.graphs)
      """
  }
}

/// A class of a generated program, before its properties are known.
private struct ClassKind {
  let index: Int
  let isGeneric: Bool
  let superclass: Int?
  let isFinal: Bool

  var name: String { "C\(index)" }

  init(_ index: Int, using generator: inout SplitMix64) {
    self.index = index
    isGeneric = index % 5 == 4
    // A class without a superclass of its own can be one: every third has the one before.
    superclass = index % 5 == 2 || index % 5 == 3 ? index - 1 : nil
    isFinal = index % 5 == 0 || index % 5 == 3
  }

  /// The types that objects are made of.
  func instances(among kinds: [ClassKind], using generator: inout SplitMix64) -> [String] {
    guard isGeneric else { return [name] }
    let plain = kinds.filter { !$0.isGeneric }.map(\.name)
    let arguments = [
      generator.pick(plain), "Array<\(generator.pick(plain))>",
      generator.pick(["Int", "UInt8", "String", "Optional<\(generator.pick(plain))>"]),
    ]
    return arguments.map { "\(name)<\($0)>" }
  }

  func declaration(
    targets: [String],
    leaks: Bool,
    using generator: inout SplitMix64
  ) -> String {
    let own = superclass == nil
    // Few targets, so that objects fit each other.
    let targets = (0..<3).map { _ in generator.pick(targets) }
    var properties: [PropertyShape] = (0..<Int.random(in: 2...5, using: &generator)).map { _ in
      .random(targets: targets, leaks: leaks, using: &generator)
    }
    if own {
      properties.append(
        PropertyShape(
          declaration: "var @: AnyObject? = nil",
          isFree: "@ == nil",
          fill: "@ = other",
          empty: "@ = nil"
        )
      )
    }
    let paddings = [
      "var #: UInt8 = 1", "var #: Bool = true", "var #: String = text", "var #: Double = 0.5",
      "var #: (Int, UInt8)? = nil", "var #: Substring = text.prefix(3)", "var #: Int? = 1",
    ]
    var lines: [String] = []
    if own {
      lines += ["  let id: Int", "  let type: Int"]
    }
    if isGeneric { lines.append("  var value: Value? = nil") }
    var fills: [String] = []
    var empties: [String] = []
    for (slot, property) in properties.enumerated() {
      let name = "p\(index)_\(slot)"
      if generator.isOne(of: 2) {
        let padding = generator.pick(paddings).replacing("#", with: "pad\(index)_\(slot)")
        lines.append("  \(padding)")
      }
      func fill(_ template: String) -> String { template.replacing("@", with: "self.\(name)") }
      // The first is a property wrapper's own.
      let isWrapped = property.declaration.hasPrefix("@Wrapped")
      lines.append(
        "  " + (isWrapped ? "@Wrapped " : "")
          + property.declaration.dropFirst(isWrapped ? 9 : 0).replacing("@", with: name)
      )
      let cast = property.target.map { ", let other = other as? \($0)" } ?? ""
      fills += [
        "    case \(slot):",
        "      guard (\(fill(property.isFree)))\(cast) else { return [] }",
        "      \(fill(property.fill))",
        "      return \(property.hold.rawValue)",
      ]
      empties.append("    case \(slot): \(fill(property.empty))")
    }
    let count = properties.count
    let override = own ? "" : "override "
    let base = superclass.map { "C\($0)" } ?? "Linkable"
    return """
      \(isFinal ? "final " : "")class \(name)\(isGeneric ? "<Value>" : ""): \(base) {
      \(lines.joined(separator: "\n"))
      \(own ? ownMembers : "")
        \(override)var slotCount: Int { \(own ? "" : "super.slotCount + ")\(count) }
        @inline(never) \(override)func link(_ slot: Int, to other: any Linkable) -> Hold {
          switch slot {
      \(fills.joined(separator: "\n"))
          default: return \(own ? "[]" : "super.link(slot - \(count), to: other)")
          }
        }
        @inline(never) \(override)func unlink(_ slot: Int) {
          switch slot {
      \(empties.joined(separator: "\n"))
          default: \(own ? "break" : "super.unlink(slot - \(count))")
          }
        }
      }
      """
  }

  private var ownMembers: String {
    """
      init(id: Int, type: Int) {
        self.id = id
        self.type = type
        births[type] += 1
      }
      deinit { deaths[type] += 1 }
      @inline(never) func use(_ other: any Linkable) { touch(other) }
    """
  }
}
