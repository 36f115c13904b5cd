/// One cycle of ten thousand objects.
enum Ring {
  final class RingNode {
    var next: RingNode?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    let first = RingNode()
    var last = first
    for _ in 1..<10_000 {
      let node = RingNode()
      last.next = node
      last = node
    }
    last.next = first
  }
}

/// A small cycle that owns much that is in no cycle.
enum OwnedSubgraph {
  final class Player {
    var map: Map?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Map {
    var player: Player?
    var tiles: [Tile] = []

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Tile {
    let texture: Texture

    init(texture: Texture) {
      self.texture = texture
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  final class Texture {
    let bytes = [UInt8](repeating: 7, count: 64)

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  /// Owned by leaked tiles and by a global, so it isn't leaked.
  nonisolated(unsafe) static var sharedTexture = Texture()

  @inline(never)
  static func run() {
    let player = Player()
    let map = Map()
    player.map = map
    map.player = player
    for number in 0..<1_000 {
      let isShared = number.isMultiple(of: 4)
      map.tiles.append(Tile(texture: isShared ? sharedTexture : Texture()))
    }
    use(sharedTexture.bytes.count)
  }
}

/// Two cycles of different classes that own one object together: it counts once.
enum SharedOwned {
  final class Reader {
    var page: Page?
    var lexicon: Lexicon?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Page {
    var reader: Reader?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Writer {
    var draft: Draft?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Draft {
    var writer: Writer?
    var lexicon: Lexicon?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Lexicon {
    var words = ["a", "the"]

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    let lexicon = Lexicon()
    let reader = Reader()
    let page = Page()
    reader.page = page
    page.reader = reader
    reader.lexicon = lexicon
    let writer = Writer()
    let draft = Draft()
    writer.draft = draft
    draft.writer = writer
    draft.lexicon = lexicon
  }
}

/// A cycle that leads to another cycle: both are leaked, and one reference frees only the first.
enum CycleChain {
  final class Outer {
    var twin: Outer?
    var inner: Inner?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Inner {
    var partner: Inner?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    let outer = Outer()
    outer.twin = Outer()
    outer.twin?.twin = outer
    let inner = Inner()
    inner.partner = Inner()
    inner.partner?.partner = inner
    outer.inner = inner
  }
}
