/// A generic class; the layout of each specialisation differs.
enum GenericBox {
  final class Box<Content> {
    var content: Content
    let tag: Int

    init(_ content: Content, tag: Int) {
      self.content = content
      self.tag = tag
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  final class Item {
    var box: Box<Item?>?
    var boxes: Box<(Int8, Item?)>?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    let item = Item()
    item.box = Box(item, tag: 1)
    let other = Item()
    other.boxes = Box((1, other), tag: 2)
    let healthy = Box("healthy", tag: 3)
    use(healthy.tag)
  }
}

protocol RepositoryEntity: AnyObject {
  associatedtype ID: Hashable
  var id: ID { get }
}

/// Generics over generics, with an associated type as a dictionary's key.
enum GenericRepository {
  struct Slot<Entity: RepositoryEntity> {
    var version = 1
    var entity: Entity
  }

  final class Repository<Entity: RepositoryEntity> {
    var slots: [Entity.ID: Slot<Entity>] = [:]

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func add(_ entity: Entity) { slots[entity.id] = Slot(entity: entity) }
  }

  final class Customer: RepositoryEntity {
    let id: Int
    let repository: Repository<Customer>

    init(id: Int, repository: Repository<Customer>) {
      self.id = id
      self.repository = repository
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    let repository = Repository<Customer>()
    for id in 1...3 { repository.add(Customer(id: id, repository: repository)) }
  }
}

/// The property of the cycle is declared two classes up.
enum InheritedField {
  class Shape {
    var name = "shape"
    var partner: Shape?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  class Polygon: Shape {
    var corners = 3
  }

  final class Square: Polygon {
    var side = 1.0
  }

  final class Circle: Shape {
    var radius: Float = 2
  }

  @inline(never)
  static func run() {
    for _ in 1...3 {
      let square = Square()
      let circle = Circle()
      square.partner = circle
      circle.partner = square
    }
  }
}

/// A subclass of a specialised generic class: the field's type comes from the superclass's argument.
enum GenericSuperclass {
  class Cell<Value> {
    var padding: UInt8 = 0
    var stored: Value?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Sheet: Cell<GenericSuperclass.Reference> {
    var title = "sheet"
  }

  struct Reference {
    var column: Int16 = 0
    var sheet: Sheet
  }

  @inline(never)
  static func run() {
    let sheet = Sheet()
    sheet.stored = Reference(sheet: sheet)
  }
}
