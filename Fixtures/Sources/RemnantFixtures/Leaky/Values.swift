/// References inside structs, tuples and optionals, three levels down.
enum StructNested {
  struct Selection {
    var range = 0..<10
    var ends: (primary: Sprite?, secondary: Sprite?) = (nil, nil)
  }

  struct State {
    var title = "untitled"
    var isDirty = false
    var selection: Selection? = Selection()
  }

  final class Sprite {
    var scene: Scene?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Scene {
    var state = State()

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    for _ in 1...2 {
      let scene = Scene()
      let primary = Sprite()
      primary.scene = scene
      scene.state.selection?.ends = (primary, Sprite())
    }
  }
}

@propertyWrapper
struct PropertyWrapperClamped<Stored> {
  private var stored: Stored
  private(set) var writes = 0

  init(wrappedValue: Stored) { stored = wrappedValue }

  var wrappedValue: Stored {
    get { stored }
    set {
      stored = newValue
      writes += 1
    }
  }
}

/// A property behind a property wrapper.
enum PropertyWrapper {
  final class Model {
    @PropertyWrapperClamped var view: View?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class View {
    @PropertyWrapperClamped var model: Model?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    let model = Model()
    let view = View()
    model.view = view
    view.model = model
  }
}

/// A struct with copy-on-write storage hides the class that closes the cycle.
enum CopyOnWrite {
  final class Storage {
    var owner: Document?
    var bytes: [UInt8] = [1, 2, 3]

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  struct Text {
    private var storage = Storage()

    mutating func attach(to document: Document) {
      if !isKnownUniquelyReferenced(&storage) { storage = Storage() }
      storage.owner = document
    }
  }

  final class Document {
    var text = Text()

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    for _ in 1...3 {
      let document = Document()
      document.text.attach(to: document)
    }
  }
}
