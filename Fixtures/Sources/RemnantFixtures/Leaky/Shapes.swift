import Foundation

/// Ten thousand nodes in one ring.
enum LargeRing: Scenario {
  static var name: String { "large-ring" }

  final class Node {
    var next: Node?
    init() { Census.born(Node.self) }
    deinit { Census.died(Node.self) }
  }

  @inline(never)
  static func run() {
    let first = Node()
    var last = first
    for _ in 1..<opaque(10_000) {
      let node = Node()
      last.next = node
      last = node
    }
    last.next = first
    publish(first)
  }
}

/// A cycle of two that owns a tree without cycles: the tree leaks with it and is no finding itself.
enum CycleOwnsTree: Scenario {
  static var name: String { "cycle-owns-tree" }

  final class Document {
    var editor: Editor?
    var pages: [Page] = []
    init() { Census.born(Document.self) }
    deinit { Census.died(Document.self) }
  }

  final class Editor {
    var document: Document?
    init() { Census.born(Editor.self) }
    deinit { Census.died(Editor.self) }
  }

  final class Page {
    var image: Image?
    init() { Census.born(Page.self) }
    deinit { Census.died(Page.self) }
  }

  final class Image {
    var bytes = [UInt8](repeating: 1, count: 100)
    init() { Census.born(Image.self) }
    deinit { Census.died(Image.self) }
  }

  @inline(never)
  static func run() {
    let document = Document()
    let editor = Editor()
    let shared = Image()
    document.editor = editor
    editor.document = document
    for _ in 0..<opaque(8) {
      let page = Page()
      page.image = shared
      document.pages.append(page)
    }
    publish(document)
  }
}

/// Two cycles that have nothing to do with each other.
enum TwoCycles: Scenario {
  static var name: String { "two-cycles" }

  final class Left {
    var right: Right?
    init() { Census.born(Left.self) }
    deinit { Census.died(Left.self) }
  }

  final class Right {
    var left: Left?
    init() { Census.born(Right.self) }
    deinit { Census.died(Right.self) }
  }

  final class Timer {
    var onFire: (() -> Void)?
    var fired = 0
    init() { Census.born(Timer.self) }
    deinit { Census.died(Timer.self) }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(3) {
      let left = Left()
      let right = Right()
      left.right = right
      right.left = left
      publish(left)
    }
    for _ in 0..<opaque(2) {
      let timer = Timer()
      timer.onFire = { timer.fired += 1 }
      publish(timer)
    }
  }
}

/// A retain by hand without its release, of an object that owns another one.
enum OverRetain: Scenario {
  static var name: String { "over-retain" }

  final class Handle {
    let payload = Payload()
    init() { Census.born(Handle.self) }
    deinit { Census.died(Handle.self) }
  }

  final class Payload {
    var size = 64
    init() { Census.born(Payload.self) }
    deinit { Census.died(Payload.self) }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(3) {
      let handle = Handle()
      _ = Unmanaged.passRetained(handle)
      publish(handle)
    }
  }
}

/// A cycle that goes through a collection of Foundation.
enum FoundationCollection: Scenario {
  static var name: String { "foundation-collection" }

  final class Playlist {
    let songs = NSMutableArray()
    init() { Census.born(Playlist.self) }
    deinit { Census.died(Playlist.self) }
  }

  final class Song {
    let playlist: Playlist

    init(playlist: Playlist) {
      self.playlist = playlist
      Census.born(Song.self)
    }

    deinit { Census.died(Song.self) }
  }

  @inline(never)
  static func run() {
    let playlist = Playlist()
    for _ in 0..<opaque(3) { playlist.songs.add(Song(playlist: playlist)) }
    publish(playlist)
  }
}
