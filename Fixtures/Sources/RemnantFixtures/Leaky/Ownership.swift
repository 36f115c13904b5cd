/// Retains without their releases.
enum OverRetain {
  final class Buffer {
    let payload = Payload()

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Payload {
    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func handOut() -> Int {
    let buffer = Buffer()
    // A callback that never comes would have released it.
    return Unmanaged.passRetained(buffer).toOpaque().hashValue
  }

  @inline(never)
  static func run() {
    for _ in 1...10 { use(handOut()) }
  }
}

/// A leaked cycle that weak references of a live registry still name.
enum WeakRegistry {
  final class Session {
    var user: User?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class User {
    var session: Session?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  struct Entry {
    weak var session: Session?
  }

  nonisolated(unsafe) static var sessions: [Entry] = []

  @inline(never)
  static func connect() {
    let session = Session()
    let user = User()
    session.user = user
    user.session = session
    sessions.append(Entry(session: session))
  }

  @inline(never)
  static func run() {
    for _ in 1...4 { connect() }
    use(sessions.count)
  }
}

/// A leaked cycle that an unmanaged and an unowned word of live memory still name.
enum UnownedNames {
  final class Document {
    var editor: Editor?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Editor {
    var document: Document?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Index {
    unowned let document: Document
    let editor: Unmanaged<Editor>

    init(document: Document, editor: Editor) {
      self.document = document
      self.editor = .passUnretained(editor)
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  nonisolated(unsafe) static var indices: [Index] = []

  @inline(never)
  static func run() {
    let document = Document()
    let editor = Editor()
    document.editor = editor
    editor.document = document
    indices.append(Index(document: document, editor: editor))
    use(indices.count)
  }
}

/// An operation that keeps itself alive and was forgotten; a live bus knows it weakly.
enum SelfRetaining {
  final class Operation {
    var keepAlive: Operation?
    var steps = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func start() { keepAlive = self }

    func finish() { keepAlive = nil }
  }

  final class Bus {
    weak var operation: Operation?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  nonisolated(unsafe) static var bus = Bus()

  @inline(never)
  static func run() {
    for _ in 1...3 {
      let operation = Operation()
      bus.operation?.finish()
      operation.start()
      bus.operation = operation
    }
    use(bus.operation?.steps ?? 1)
  }
}

/// A leaked cycle whose addresses still stand in the slack of a global array: LeakSanitizer takes
/// those words for references.
enum StaleSlack {
  final class Cell {
    var neighbour: Cell?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  nonisolated(unsafe) static var recent: [Cell] = []

  @inline(never)
  static func fill() {
    for _ in 1...8 {
      let left = Cell()
      let right = Cell()
      left.neighbour = right
      right.neighbour = left
      recent.append(left)
      recent.append(right)
    }
  }

  @inline(never)
  static func run() {
    fill()
    recent.removeAll(keepingCapacity: true)
    use(recent.capacity)
  }
}
