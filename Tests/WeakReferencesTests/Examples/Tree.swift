import Testing
import WeakReferences

// example: tree
/// A folder owns what is in it, and knows what it is in.
final class Folder {
  let name: String
  private(set) var children: [Folder] = []
  private var parentReference: WeakRef<Folder>?

  init(_ name: String) { self.name = name }

  /// The folder around this one; nil at the top, and once that is gone.
  var parent: Folder? { parentReference?.object }

  var path: String { (parent.map { $0.path + "/" } ?? "") + name }

  func add(_ child: Folder) {
    children.append(child)
    child.parentReference = WeakRef(self)
  }
}
// end

@Suite("A tree with parent links, as the documentation has it", .serialized) struct TreeExample {
  @Test("is no cycle: it goes as a whole, and what is kept of it has no parent then")
  func tree() {
    let deaths = Counter()
    var root: Folder? = Folder("usr")
    let watch = root.map { WeakRef($0) { _ in deaths.increment() } }
    let inner = Folder("share")
    root?.add(inner)
    inner.add(Folder("doc"))
    #expect(inner.children[0].path == "usr/share/doc")
    root = nil
    settle()
    #expect(deaths.value == 1)
    #expect(inner.parent == nil)
    #expect(inner.children[0].path == "share/doc")
    withExtendedLifetime(watch) {}
  }
}
