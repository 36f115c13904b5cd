/// Two objects that own each other through plain properties.
enum FieldCycle {
  final class Owner {
    let name: String
    var pet: Pet?

    init(name: String) {
      self.name = name
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  final class Pet {
    var owner: Owner?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    for number in 1...10 {
      let owner = Owner(name: "owner \(number)")
      let pet = Pet()
      owner.pet = pet
      pet.owner = owner
    }
  }
}

/// An object that owns itself.
enum SelfReference {
  final class Node {
    var me: Node?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    for _ in 1...3 {
      let node = Node()
      node.me = node
    }
  }
}

/// A doubly linked list whose back links are strong; the list itself is freed.
enum DoublyLinkedList {
  final class List {
    var head: Node?
    var count = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func prepend(_ text: String) {
      let node = Node(text: text)
      node.next = head
      head?.previous = node
      head = node
      count += 1
    }
  }

  final class Node {
    let text: String
    var next: Node?
    var previous: Node?

    init(text: String) {
      self.text = text
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    let list = List()
    for text in ["one", "two", "three", "four", "five"] {
      list.prepend(text)
    }
    use(list.count)
  }
}

/// The same classes, leaked and properly held: only the leaked ones may be reported.
enum HealthyNeighbours {
  final class Author {
    var books: Book?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Book {
    var author: Author?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  nonisolated(unsafe) static var shelf: [Author] = []

  @inline(never)
  static func makeCycle() -> Author {
    let author = Author()
    let book = Book()
    author.books = book
    book.author = author
    return author
  }

  @inline(never)
  static func run() {
    for number in 1...12 {
      let author = makeCycle()
      // A cycle that a global holds is no leak.
      if number.isMultiple(of: 3) { shelf.append(author) }
    }
    use(shelf.count)
  }
}
