import TestSupport

/// A stored property of a generated class: how to fill it, to empty it, and what it then holds.
///
/// Its texts say `self.NAME` by `@`, and `other` is the object to link to, already cast.
struct PropertyShape {
  /// What a filled property holds, as the program's `Hold` option set names it.
  enum Hold: String {
    case strong = ".strong"
    case weak = ".weak"
    /// The owner too: a cycle of one.
    case strongAndSelf = "[.strong, .owner]"
    case weakAndSelf = "[.weak, .owner]"
  }

  var declaration: String
  var target: String?
  var isFree: String
  var fill: String
  var empty: String
  var hold: Hold = .strong

  static func random(
    targets: [String],
    leaks: Bool,
    using generator: inout SplitMix64
  ) -> PropertyShape {
    switch Int.random(in: 0..<10, using: &generator) {
    case 0...3:
      return .optional(.random(depth: 2, targets: targets, using: &generator))
    case 4, 5:
      return .collection(of: .random(depth: 1, targets: targets, using: &generator), &generator)
    case 6:
      return .special(.random(depth: 1, targets: targets, using: &generator), &generator)
    default:
      return .reference(to: generator.pick(targets), leaks: leaks, &generator)
    }
  }

  private static func optional(_ shape: ValueShape) -> PropertyShape {
    PropertyShape(
      declaration: "var @: Optional<\(shape.type)> = nil",
      target: shape.target,
      isFree: "@ == nil",
      fill: "let value: \(shape.type) = \(shape.make("other")); @ = Optional.some(value)",
      empty: "@ = Optional.none"
    )
  }

  /// A collection that grows.
  private static func collection(
    of shape: ValueShape,
    _ generator: inout SplitMix64
  ) -> PropertyShape {
    let make = "let value: \(shape.type) = \(shape.make("other")); "
    let forms = [
      ("[#]", "[]", "@.append(value)", "@ = []"),
      ("[#]", "[]", "@.insert(value, at: 0)", "@.removeAll(keepingCapacity: true)"),
      ("ContiguousArray<#>", "[]", "@.append(value)", "while !@.isEmpty { @.removeLast() }"),
      ("[String: #]", "[:]", #"@["\(@.count)"] = value"#, "@.removeAll(keepingCapacity: true)"),
      ("[Int: #]", "[:]", "@[@.count &* 77] = value", "for key in @.keys { @[key] = nil }"),
      ("[[Optional<#>]]", "[]", "@.append([nil, value, nil])", "@ = []"),
      ("[UInt8: [#]]", "[:]", "@[UInt8(@.count % 3), default: []].append(value)", "@ = [:]"),
      ("ArraySlice<#>", "[]", "@.append(value); @ = @.dropFirst(0)", "@ = []"),
    ]
    let (type, initial, fill, empty) = generator.pick(forms)
    return PropertyShape(
      declaration: "var @: \(type.replacing("#", with: shape.type)) = \(initial)",
      target: shape.target,
      isFree: "@.count < 9",
      fill: make + fill,
      empty: empty
    )
  }

  /// A property whose own declaration is unusual.
  private static func special(
    _ shape: ValueShape,
    _ generator: inout SplitMix64
  ) -> PropertyShape {
    let make = "let value: \(shape.type) = \(shape.make("other")); "
    let forms = [
      ("lazy var @: [\(shape.type)] = []", "@.isEmpty", "@.append(value)", "@ = []"),
      (
        "let @ = Mutex<Optional<\(shape.type)>>(nil)", "@.withLock { $0 == nil }",
        "@.withLock { $0 = Optional.some(value) }", "@.withLock { $0 = Optional.none }"
      ),
      (
        "var @: InlineArray<2, Optional<\(shape.type)>> = [nil, nil]", "@[1] == nil",
        "@[1] = Optional.some(value)", "@[1] = Optional.none"
      ),
      (
        "@Wrapped var @: Optional<\(shape.type)> = nil", "@ == nil",
        "@ = Optional.some(value)", "@ = Optional.none"
      ),
    ]
    let (declaration, isFree, fill, empty) = generator.pick(forms)
    return PropertyShape(
      declaration: declaration,
      target: shape.target,
      isFree: isFree,
      fill: make + fill,
      empty: empty
    )
  }

  /// A reference that may not own, or a closure that captures its owner or an object weakly.
  private static func reference(
    to target: String,
    leaks: Bool,
    _ generator: inout SplitMix64
  ) -> PropertyShape {
    func property(
      _ declaration: String,
      _ fill: String,
      _ hold: Hold,
      any isAny: Bool = false
    ) -> PropertyShape {
      PropertyShape(
        declaration: declaration,
        target: isAny ? nil : target,
        // What isn't owned may be gone, and must not be looked at.
        isFree: hold == .strong || hold == .strongAndSelf ? "@ == nil" : "true",
        fill: fill,
        empty: "@ = nil",
        hold: hold
      )
    }
    let closure = "var @: (() -> Void)? = nil"
    var forms = [
      property("var @: Optional<\(target)> = nil", "@ = other", .strong),
      property("var @: Optional<any Linkable> = nil", "@ = other", .strong, any: true),
      property("var @: AnyObject? = nil", "@ = other", .strong, any: true),
      property("var @: Any? = nil", "@ = other", .strong, any: true),
      property("weak var @: \(target)? = nil", "@ = other", .weak),
      property("weak var @: (any Linkable)? = nil", "@ = other", .weak, any: true),
      property("unowned(unsafe) var @: \(target)? = nil", "@ = other", .weak),
      property("unowned var @: \(target)? = nil", "@ = other", .weak),
      property("unowned var @: (any Linkable)? = nil", "@ = other", .weak, any: true),
      property("var @: Unmanaged<\(target)>? = nil", "@ = .passUnretained(other)", .weak),
      property(closure, "@ = { touch(other) }", .strong),
      property(closure, "@ = { touch((other, text)) }", .strong),
      property(closure, "@ = { [weak self] in touch((self as AnyObject?, other)) }", .strong),
      property(closure, "@ = { [weak other] in touch(other) }", .weak),
      property(closure, "@ = { [unowned other] in touch(other) }", .weak),
      property(closure, "@ = { [weak self, weak other] in touch((self, other)) }", .weak),
      property(closure, "var box: AnyObject? = other; @ = { touch(box); box = nil }", .strong),
      property(closure, "weak var box: AnyObject? = other; @ = { touch(box); box = nil }", .weak),
    ]
    if leaks {
      forms += [
        property(closure, "@ = { touch((self, other)) }", .strongAndSelf),
        property(closure, "@ = { self.use(other) }", .strongAndSelf),
        property(closure, "@ = { [weak other] in touch((self, other)) }", .weakAndSelf),
        property(
          closure,
          "let inner = { touch(self) }; @ = { inner(); touch(other) }",
          .strongAndSelf
        ),
      ]
    }
    return generator.pick(forms)
  }
}
