/// A mangled type name that stands by itself: no references to other parts of it or of the image,
/// and places left for generic arguments.
///
/// `y x Sg t` of a field in `Pair<Value>` is the text of a tuple with one place, for `Value`.
struct TypeTemplate: Equatable {
  indirect enum Piece: Equatable {
    case text(String)
    case parameter(GenericParameter)
    /// `repeat each Element`: the pattern, once for each element of the packs in it.
    case expansion(TypeTemplate)
    /// A tuple (`t`) or a pack (`QP`), whose number of elements depends on the arguments.
    case list([Element], terminator: String)
  }

  struct Element: Equatable {
    var type: TypeTemplate
    /// As mangled: `5count`, or nothing.
    var label = ""
  }

  var pieces: [Piece]

  init(_ pieces: [Piece]) { self.pieces = pieces }

  init(_ text: String) { pieces = [.text(text)] }

  static func + (left: TypeTemplate, right: TypeTemplate) -> TypeTemplate {
    TypeTemplate(left.pieces + right.pieces)
  }

  static func + (left: TypeTemplate, right: String) -> TypeTemplate { left + TypeTemplate(right) }

  /// How many characters and pieces it has.
  ///
  /// Complexity: linear in the result.
  var size: Int {
    pieces.reduce(0) { size, piece in
      switch piece {
      case .text(let text): size + text.utf8.count
      case .parameter: size + 1
      case .expansion(let pattern): size + pattern.size + 1
      case .list(let elements, _):
        elements.reduce(size + 1) { $0 + $1.type.size + $1.label.utf8.count }
      }
    }
  }

  /// The mangled name with the arguments in their places; nil where one is missing.
  func mangledName(with arguments: GenericArguments = GenericArguments()) -> String? {
    var result = ""
    for piece in pieces {
      switch piece {
      case .text(let text): result += text
      case .parameter(let parameter):
        guard case .type(let name) = arguments[parameter] else { return nil }
        result += name
      case .expansion:
        guard let names = Self.expand(piece, arguments) else { return nil }
        result += names.joined()
      case .list(let elements, let terminator):
        guard let list = Self.list(elements, terminator, arguments) else { return nil }
        result += list
      }
    }
    return result
  }

  private static func list(
    _ elements: [Element],
    _ terminator: String,
    _ arguments: GenericArguments
  ) -> String? {
    var names: [String] = []
    var isLabeled = false
    for element in elements {
      if element.type.pieces.count == 1, case .expansion = element.type.pieces[0] {
        guard let expanded = expand(element.type.pieces[0], arguments) else { return nil }
        names += expanded
      } else {
        guard let name = element.type.mangledName(with: arguments) else { return nil }
        names.append(name + element.label)
        isLabeled = isLabeled || !element.label.isEmpty
      }
    }
    guard let first = names.first else { return "y" + terminator }
    // A tuple of one element is that element.
    if terminator == "t", names.count == 1, !isLabeled { return first }
    return first + "_" + names.dropFirst().joined() + terminator
  }

  private static func expand(_ piece: Piece, _ arguments: GenericArguments) -> [String]? {
    guard case .expansion(let pattern) = piece else { return nil }
    let packs = pattern.parameters.compactMap { parameter -> (GenericParameter, [String])? in
      guard case .pack(let names) = arguments[parameter] else { return nil }
      return (parameter, names)
    }
    guard let count = packs.first?.1.count, packs.allSatisfy({ $0.1.count == count }) else {
      return nil
    }
    var result: [String] = []
    for index in 0..<count {
      var arguments = arguments
      for (parameter, names) in packs { arguments[parameter] = .type(names[index]) }
      guard let name = pattern.mangledName(with: arguments) else { return nil }
      result.append(name)
    }
    return result
  }

  private var parameters: Set<GenericParameter> {
    pieces.reduce(into: []) { result, piece in
      switch piece {
      case .text: break
      case .parameter(let parameter): result.insert(parameter)
      case .expansion(let pattern): result.formUnion(pattern.parameters)
      case .list(let elements, _):
        for element in elements { result.formUnion(element.type.parameters) }
      }
    }
  }
}

/// A generic parameter by its place: how many generic types are around its own, and which it is there.
struct GenericParameter: Hashable {
  var depth: Int
  var index: Int
}

/// What a generic type was made with.
struct GenericArguments {
  enum Argument: Equatable {
    /// A mangled name that stands by itself.
    case type(String)
    case pack([String])
  }

  private var arguments: [GenericParameter: Argument] = [:]

  subscript(parameter: GenericParameter) -> Argument? {
    get { arguments[parameter] }
    set { arguments[parameter] = newValue }
  }
}
