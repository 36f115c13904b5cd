import TestSupport

/// A type whose values hold a reference to an object, and the expression that makes one.
struct ValueShape: Sendable {
  /// As it is written in a program.
  let type: String
  /// What an object has to be cast to first; nil where any will do.
  let target: String?
  /// Makes a value of the name of an object of the target type.
  let make: @Sendable (String) -> String

  /// The object itself.
  static func object(_ target: String) -> ValueShape {
    ValueShape(type: target, target: target) { $0 }
  }
  /// The object as a protocol's value: two words.
  static let existential = ValueShape(type: "any Linkable", target: nil) { $0 }
  static let anyObject = ValueShape(type: "AnyObject", target: nil) { $0 }

  /// A shape of up to some levels around a reference.
  static func random(
    depth: Int,
    targets: [String],
    using generator: inout SplitMix64
  ) -> ValueShape {
    guard depth > 0, !generator.isOne(of: 4) else {
      return switch Int.random(in: 0..<6, using: &generator) {
      case 0: existential
      case 1: anyObject
      default: object(generator.pick(targets))
      }
    }
    let inner = random(depth: depth - 1, targets: targets, using: &generator)
    return generator.pick(wrappers).wrap(inner)
  }

  struct Wrapper {
    /// `#` stands for the type inside.
    let type: String
    /// `#` stands for the type inside, `$` for a value of it.
    let value: String

    init(_ type: String, _ value: String) {
      self.type = type
      self.value = value
    }

    func wrap(_ inner: ValueShape) -> ValueShape {
      let value = value.replacing("#", with: inner.type)
      return ValueShape(type: type.replacing("#", with: inner.type), target: inner.target) {
        value.replacing("$", with: inner.make($0))
      }
    }
  }

  static let wrappers = [
    Wrapper("Optional<#>", "$"),
    Wrapper("Optional<Optional<#>>", "$"),
    Wrapper("[#]", "[$]"),
    Wrapper("[#]", "Array(repeating: $, count: 3)"),
    Wrapper("[Optional<#>]", "[nil, $, nil]"),
    Wrapper("[[Optional<#>]]", "[[], [nil, $]]"),
    Wrapper("ContiguousArray<#>", "[$]"),
    Wrapper("ArraySlice<#>", "Array(repeating: $, count: 5)[1..<3]"),
    Wrapper("[String: #]", #"["a": $, "a key that is longer than fifteen bytes": $]"#),
    Wrapper("[Int: #]", "[7: $]"),
    Wrapper("[UInt8: #]", "[7: $, 9: $]"),
    Wrapper("[AnyHashable: #]", #"["key": $, 5: $]"#),
    Wrapper("[Identity<#>: Int]", "[Identity<#>(value: $): 1]"),
    Wrapper("Set<Identity<#>>", "[Identity<#>(value: $)]"),
    Wrapper("(Int, #)", "(5, $)"),
    Wrapper("(#, #)", "($, $)"),
    Wrapper("(UInt8, #, String)", #"(5, $, "text")"#),
    Wrapper("Holder<#>", "Holder<#>(value: $)"),
    Wrapper("Wide<#>", "Wide<#>(value: $)"),
    Wrapper("Weakened<#>", "Weakened<#>(value: $)"),
    Wrapper("Choice<#>", "Choice<#>.one($)"),
    Wrapper("Choice<#>", "Choice<#>.many([$])"),
    Wrapper("Either<#, String>", "Either<#, String>.left($)"),
    Wrapper("Either<String, #>", "Either<String, #>.right($)"),
    Wrapper("Either<#, Either<#, UInt8>>", "Either.right(.left($))"),
    Wrapper("Result<#, Failure<Int>>", "Result.success($)"),
    Wrapper("Tree<#>", "Tree<#>.node(.node(.leaf, $, .leaf), $, .leaf)"),
    Wrapper("Any", "($ as #) as Any"),
    Wrapper("Any", "Wide<#>(value: $) as Any"),
    Wrapper("any Error", "Failure<#>(value: $)"),
    Wrapper("Result<Int, any Error>", "Result.failure(Failure<#>(value: $))"),
    Wrapper("() -> Void", "{ () -> () -> Void in let value: # = $; return { touch(value) } }()"),
    Wrapper("() -> #", "{ () -> () -> # in let value: # = $; return { value } }()"),
    Wrapper(
      "() -> Void",
      "{ () -> () -> Void in let value: # = $; return { touch((value, value)) } }()"
    ),
    Wrapper(
      "(Int) -> Int",
      "{ () -> (Int) -> Int in let value: # = $; return { number in touch((value, text)); return number } }()"
    ),
    Wrapper("() -> Void", "changing($ as #)"),
    Wrapper("() -> Void", "capturing($ as #)"),
  ]
}
