/// A self-reference in an Optional: the smallest cycle there is.
enum OptionalCycle: Scenario {
  static var name: String { "optional-cycle" }

  final class Selfish {
    var me: Selfish?
    init() { Census.born(Selfish.self) }
    deinit { Census.died(Selfish.self) }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(6) {
      let object = Selfish()
      object.me = object
      publish(object)
    }
  }
}

/// An enum of several class payloads: the tag sits in spare bits of the pointer.
enum MultiPayloadEnum: Scenario {
  static var name: String { "multi-payload-enum" }

  enum Link {
    case none
    case parent(Folder)
    case alias(Folder)
    case note(Note)
  }

  final class Folder {
    var link = Link.none
    init() { Census.born(Folder.self) }
    deinit { Census.died(Folder.self) }
  }

  final class Note {
    var folder: Folder?
    init() { Census.born(Note.self) }
    deinit { Census.died(Note.self) }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(2) {
      let first = Folder()
      let second = Folder()
      first.link = .alias(second)
      second.link = .alias(first)
      publish(first)
    }
    let folder = Folder()
    let note = Note()
    folder.link = .note(note)
    note.folder = folder
    publish(folder)
  }
}

/// An indirect enum puts its payload into a box, and a tag into the reference to the box.
enum IndirectEnum: Scenario {
  static var name: String { "indirect-enum" }

  indirect enum Expression {
    case literal(Int)
    case variable(Scope)
    case sum(Expression, Expression)
  }

  final class Scope {
    var value = Expression.literal(0)
    init() { Census.born(Scope.self) }
    deinit { Census.died(Scope.self) }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(3) {
      let scope = Scope()
      scope.value = .variable(scope)
      publish(scope)
    }
  }
}
