/// Reads the mangled name of a type, as the compiler records it for fields, into a template.
///
/// Mangling is postfix: the parser keeps a stack of what was read. It knows what types of stored
/// properties are made of and answers nil to everything else; those types are then unknown.
///
/// Grammar: swiftlang/swift 6.3, `docs/ABI/Mangling.rst` and `lib/Demangling/Demangler.cpp`.
struct MangledTypeParser {
  private enum Entry {
    case type(TypeTemplate)
    /// An identifier with its length, or a module that has a letter of its own.
    case name(String)
    /// `throws`, `async` and the like, before the type of a function.
    case annotation(TypeTemplate)
    case emptyList
    case firstElement
  }

  private let bytes: [UInt8]
  /// The mangled name of what a symbolic reference means, by the kind and place of its four bytes.
  private let reference: (UInt8, Int) -> String?
  private var position = 0
  private var stack: [Entry] = []
  private var substitutions: [Entry] = []
  private var words: [String] = []

  private static let largestWordCount = 26
  private static let largestRepetition = 2048
  /// How many characters of earlier parts a name may repeat: a few repetitions of repetitions are gigabytes.
  private static let mostRepeatedCharacters = 1 << 16
  private var repeatedCharacters = 0

  private init(_ bytes: [UInt8], _ reference: @escaping (UInt8, Int) -> String?) {
    self.bytes = bytes
    self.reference = reference
  }

  static func template(
    of bytes: [UInt8],
    reference: @escaping (UInt8, Int) -> String? = { _, _ in nil }
  ) -> TypeTemplate? {
    var parser = MangledTypeParser(bytes, reference)
    while let byte = parser.next() {
      guard parser.read(byte) != nil else { return nil }
    }
    guard parser.stack.count == 1 else { return nil }
    return parser.popType()
  }

  // MARK: Bytes

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func next() -> UInt8? {
    guard let byte = peek else { return nil }
    position += 1
    return byte
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func natural() -> Int? {
    let start = position
    var number = 0
    while let byte = peek, Self.isDigit(byte), number < 1 << 24 {
      number = number * 10 + Int(byte - UInt8(ascii: "0"))
      position += 1
    }
    return position > start ? number : nil
  }

  /// `_` is 0, `0_` is 1, and so on.
  private mutating func index() -> Int? {
    if skip("_") { return 0 }
    guard let number = natural(), skip("_") else { return nil }
    return number + 1
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isUpper(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(byte) }
  private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) }

  // MARK: The stack

  private mutating func push(_ type: TypeTemplate, isSubstitution: Bool = false) {
    stack.append(.type(type))
    if isSubstitution { substitutions.append(.type(type)) }
  }

  private mutating func popType() -> TypeTemplate? {
    guard case .type(let type) = stack.last else { return nil }
    stack.removeLast()
    return type
  }

  private mutating func popName() -> String? {
    guard case .name(let name) = stack.last else { return nil }
    stack.removeLast()
    return name
  }

  private mutating func popFirstElement() -> Bool {
    guard case .firstElement = stack.last else { return false }
    stack.removeLast()
    return true
  }

  private mutating func popEmptyList() -> Bool {
    guard case .emptyList = stack.last else { return false }
    stack.removeLast()
    return true
  }

  // MARK: Operators

  /// Nil where the name can't be read.
  private mutating func read(_ byte: UInt8) -> Void? {
    switch byte {
    case 1, 2:
      guard position + 4 <= bytes.count, let name = reference(byte, position) else { return nil }
      position += 4
      push(TypeTemplate(name), isSubstitution: true)
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      position -= 1
      return readIdentifier()
    case UInt8(ascii: "A"): return readSubstitutions()
    case UInt8(ascii: "B"): return readBuiltin()
    case UInt8(ascii: "C"): return readNominal("C")
    case UInt8(ascii: "V"): return readNominal("V")
    case UInt8(ascii: "O"): return readNominal("O")
    case UInt8(ascii: "P"): return readNominal("P")
    case UInt8(ascii: "G"): return readBoundGeneric()
    case UInt8(ascii: "K"): stack.append(.annotation(TypeTemplate("K")))
    case UInt8(ascii: "L"): return readPrivateName()
    case UInt8(ascii: "Q"): return readPack()
    case UInt8(ascii: "R"): return readRequirement()
    case UInt8(ascii: "S"): return readStandard()
    case UInt8(ascii: "X"): return readSpecial()
    case UInt8(ascii: "Y"): return readAnnotation()
    case UInt8(ascii: "c"): return readFunction("c")
    case UInt8(ascii: "h"): return wrap("h")
    case UInt8(ascii: "m"): return wrap("m")
    case UInt8(ascii: "n"): return wrap("n")
    case UInt8(ascii: "z"): return wrap("z")
    case UInt8(ascii: "l"):
      // The end of a generic signature, which says nothing about the layout.
      stack.removeAll()
    case UInt8(ascii: "r"):
      while let byte = next(), byte != UInt8(ascii: "l") {}
      stack.removeAll()
    case UInt8(ascii: "p"): return readExistential()
    case UInt8(ascii: "q"): return readParameter()
    case UInt8(ascii: "s"): stack.append(.name("s"))
    case UInt8(ascii: "t"): return readList("t")
    case UInt8(ascii: "x"):
      push(TypeTemplate([.parameter(GenericParameter(depth: 0, index: 0))]))
    case UInt8(ascii: "y"): stack.append(.emptyList)
    case UInt8(ascii: "_"): stack.append(.firstElement)
    case UInt8(ascii: "$"):
      let start = position
      guard index() != nil else { return nil }
      push(TypeTemplate("$" + text(from: start)))
    default: return nil
    }
    return ()
  }

  private func text(from start: Int) -> String {
    String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func wrap(_ suffix: String) -> Void? {
    guard let type = popType() else { return nil }
    push(type + suffix)
    return ()
  }

  // MARK: Names

  /// `4Node`, or with words of earlier identifiers in it: `0A4Node`.
  private mutating func readIdentifier() -> Void? {
    var name = ""
    var hasWords = false
    if skip("0") {
      // Twice: an identifier in Punycode.
      guard peek != UInt8(ascii: "0") else { return nil }
      hasWords = true
    }
    repeat {
      while hasWords, let byte = peek, Self.isLower(byte) || Self.isUpper(byte) {
        position += 1
        let isLast = Self.isUpper(byte)
        let word = Int(byte - UInt8(ascii: isLast ? "A" : "a"))
        guard word < words.count else { return nil }
        name += words[word]
        if isLast { hasWords = false }
      }
      if skip("0") { break }
      guard let length = natural(), length > 0, position + length <= bytes.count else { return nil }
      let slice = bytes[position..<position + length]
      noteWords(Array(slice))
      name += String(decoding: slice, as: UTF8.self)
      position += length
    } while hasWords
    let entry = Entry.name("\(name.utf8.count)\(name)")
    substitutions.append(entry)
    stack.append(entry)
    return ()
  }

  /// A word ends before a capital that follows none, and before an underscore.
  private mutating func noteWords(_ bytes: [UInt8]) {
    var start: Int?
    for index in 0...bytes.count {
      let byte = index < bytes.count ? bytes[index] : 0
      let isEnd = byte == UInt8(ascii: "_") || byte == 0
      if let first = start,
        isEnd || (Self.isUpper(byte) && !Self.isUpper(bytes[index - 1]))
      {
        if index - first >= 2, words.count < Self.largestWordCount {
          words.append(String(decoding: bytes[first..<index], as: UTF8.self))
        }
        start = nil
      }
      if start == nil, !isEnd, !Self.isDigit(byte) { start = index }
    }
  }

  private mutating func readPrivateName() -> Void? {
    guard skip("L"), let discriminator = popName(), let name = popName() else { return nil }
    stack.append(.name(name + discriminator + "LL"))
    return ()
  }

  private mutating func popContext() -> TypeTemplate? {
    if let type = popType() { return type }
    return popName().map { TypeTemplate($0) }
  }

  private mutating func readNominal(_ kind: String) -> Void? {
    guard let name = popName(), let context = popContext() else { return nil }
    push(context + (name + kind), isSubstitution: true)
    return ()
  }

  private mutating func readSubstitutions() -> Void? {
    var number: Int?
    while let byte = next() {
      if Self.isLower(byte) || Self.isUpper(byte) {
        let isLast = Self.isUpper(byte)
        let index = Int(byte - UInt8(ascii: isLast ? "A" : "a"))
        let repetitions = number ?? 1
        guard index < substitutions.count, repetitions <= Self.largestRepetition else { return nil }
        guard repeatEntry(index, repetitions) != nil else { return nil }
        if isLast { return () }
        number = nil
      } else if byte == UInt8(ascii: "_") {
        let index = (number ?? -1) + 27
        guard index < substitutions.count else { return nil }
        return repeatEntry(index, 1)
      } else {
        position -= 1
        guard let count = natural() else { return nil }
        number = count
      }
    }
    return nil
  }

  private mutating func repeatEntry(_ index: Int, _ repetitions: Int) -> Void? {
    let entry = substitutions[index]
    let size: Int
    switch entry {
    case .type(let type): size = type.size
    case .name(let name): size = name.utf8.count
    case .annotation, .emptyList, .firstElement: size = 1
    }
    repeatedCharacters += size * repetitions
    guard repeatedCharacters <= Self.mostRepeatedCharacters else { return nil }
    stack.append(contentsOf: repeatElement(entry, count: repetitions))
    return ()
  }

  /// `Si` is `Swift.Int`, `S2i` is that twice, `ScA` is `_Concurrency.Actor`.
  private mutating func readStandard() -> Void? {
    if skip("o") {
      stack.append(.name("So"))
      return ()
    }
    if skip("C") {
      stack.append(.name("SC"))
      return ()
    }
    if skip("g") {
      guard let type = popType() else { return nil }
      push(type + "Sg", isSubstitution: true)
      return ()
    }
    let repetitions = natural() ?? 1
    let isConcurrency = skip("c")
    guard let letter = next(), Self.isLower(letter) || Self.isUpper(letter),
      repetitions <= Self.largestRepetition
    else { return nil }
    let name = (isConcurrency ? "Sc" : "S") + String(UnicodeScalar(letter))
    for _ in 0..<repetitions { push(TypeTemplate(name)) }
    return ()
  }

  private mutating func readBuiltin() -> Void? {
    let start = position - 1
    guard let kind = next() else { return nil }
    switch kind {
    case UInt8(ascii: "i"), UInt8(ascii: "f"):
      guard natural() != nil, skip("_") else { return nil }
    case _ where "bBoOpwDdjectTI".utf8.contains(kind): break
    default: return nil
    }
    push(TypeTemplate(text(from: start)))
    return ()
  }

  // MARK: Generics

  private mutating func readParameter() -> Void? {
    if skip("z") { return nil }
    var depth = 0
    if skip("d") {
      guard let number = index(), let parameter = index() else { return nil }
      depth = number + 1
      push(TypeTemplate([.parameter(GenericParameter(depth: depth, index: parameter))]))
      return ()
    }
    guard let number = index() else { return nil }
    push(TypeTemplate([.parameter(GenericParameter(depth: depth, index: number + 1))]))
    return ()
  }

  /// The nominal type, `y`, the arguments level by level with `_` between them, `G`.
  private mutating func readBoundGeneric() -> Void? {
    var arguments: [TypeTemplate] = []
    while true {
      if let type = popType() {
        arguments.append(type)
      } else if popFirstElement() {
        arguments.append(TypeTemplate("_"))
      } else {
        guard popEmptyList(), let nominal = popType() else { return nil }
        let pieces = arguments.reversed().flatMap(\.pieces)
        push(nominal + "y" + TypeTemplate(pieces) + "G", isSubstitution: true)
        return ()
      }
    }
  }

  private mutating func readPack() -> Void? {
    if skip("p") {
      guard popType() != nil, let pattern = popType() else { return nil }
      push(TypeTemplate([.expansion(pattern)]))
      return ()
    }
    return skip("P") ? readList("QP") : nil
  }

  private mutating func readList(_ terminator: String) -> Void? {
    var elements: [TypeTemplate.Element] = []
    if !popEmptyList() {
      var isFirst = false
      while !isFirst {
        isFirst = popFirstElement()
        let label = popName() ?? ""
        guard let type = popType() else { return nil }
        elements.append(TypeTemplate.Element(type: type, label: label))
      }
    }
    push(TypeTemplate([.list(elements.reversed(), terminator: terminator)]))
    return ()
  }

  /// A requirement of a generic signature: it is read over.
  private mutating func readRequirement() -> Void? {
    guard let kind = peek else { return nil }
    switch kind {
    case UInt8(ascii: "b"), UInt8(ascii: "s"):
      position += 1
      guard popType() != nil else { return nil }
    case UInt8(ascii: "i"):
      position += 1
      guard index() != nil else { return nil }
    case UInt8(ascii: "v"): position += 1
    case _ where "z_d".utf8.contains(kind) || Self.isDigit(kind):
      guard popProtocol() != nil else { return nil }
    default: return nil
    }
    if skip("z") { return () }
    guard !skip("d") || index() != nil, index() != nil else { return nil }
    return ()
  }

  // MARK: Functions and existentials

  private mutating func readAnnotation() -> Void? {
    guard let kind = next() else { return nil }
    let text = "Y" + String(UnicodeScalar(kind))
    switch kind {
    case UInt8(ascii: "c"), UInt8(ascii: "K"):
      guard let type = popType() else { return nil }
      stack.append(.annotation(type + text))
    case _ where "abATuC".utf8.contains(kind):
      stack.append(.annotation(TypeTemplate(text)))
    default: return nil
    }
    return ()
  }

  private mutating func readFunction(_ kind: String) -> Void? {
    var annotations = TypeTemplate([])
    while case .annotation(let annotation) = stack.last {
      stack.removeLast()
      annotations = annotation + annotations
    }
    func pop(_ parser: inout MangledTypeParser) -> TypeTemplate? {
      parser.popEmptyList() ? TypeTemplate("y") : parser.popType()
    }
    guard let parameters = pop(&self), let result = pop(&self) else { return nil }
    push(result + parameters + annotations + kind)
    return ()
  }

  private mutating func readSpecial() -> Void? {
    guard let kind = next() else { return nil }
    let text = "X" + String(UnicodeScalar(kind))
    switch kind {
    case UInt8(ascii: "w"), UInt8(ascii: "o"), UInt8(ascii: "u"), UInt8(ascii: "p"):
      return wrap(text)
    case UInt8(ascii: "E"), UInt8(ascii: "f"), UInt8(ascii: "C"):
      return readFunction(text)
    case UInt8(ascii: "l"):
      guard let protocols = popProtocols() else { return nil }
      push(protocols + text)
    case UInt8(ascii: "c"):
      guard let superclass = popType(), let protocols = popProtocols() else { return nil }
      push(protocols + superclass + text)
    default: return nil
    }
    return ()
  }

  private mutating func readExistential() -> Void? {
    guard let protocols = popProtocols() else { return nil }
    push(protocols + "p")
    return ()
  }

  private mutating func popProtocol() -> TypeTemplate? {
    if let type = popType() { return type }
    guard let name = popName(), let context = popContext() else { return nil }
    return context + (name + "P")
  }

  private mutating func popProtocols() -> TypeTemplate? {
    if popEmptyList() { return TypeTemplate("y") }
    var protocols = TypeTemplate([])
    while true {
      let isFirst = popFirstElement()
      guard let name = popProtocol() else { return nil }
      if isFirst { return name + "_" + protocols }
      protocols = name + protocols
    }
  }
}
