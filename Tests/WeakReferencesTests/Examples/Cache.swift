import Testing
import WeakReferences

// example: cache
/// Parsed documents, as long as they are in use.
final class DocumentCache: Sendable {
  private let documents = WeakValueDictionary<String, Document>()

  /// The document at a path: the one that is in use, or a new one.
  func document(at path: String) throws -> Document {
    try documents.value(forKey: path) { try Document(path: path) }
  }

  var count: Int { documents.count }
}
// end

/// Something that is expensive to make.
final class Document: Sendable {
  let path: String

  init(path: String) throws {
    if path.isEmpty { throw DocumentError() }
    self.path = path
  }
}

struct DocumentError: Error {}

@Suite("A cache, as the documentation has it", .serialized) struct CacheExample {
  @Test("shares what is in use, and forgets what isn't")
  func cache() throws {
    let cache = DocumentCache()
    var first: Document? = try cache.document(at: "a")
    let second = try cache.document(at: "a")
    #expect(first === second)
    let other = try cache.document(at: "b")
    #expect(cache.count == 2)
    withExtendedLifetime((first, second, other)) {}
    first = nil
    settle()
    #expect(cache.count <= 2)
    #expect(throws: DocumentError.self) { try cache.document(at: "") }
  }

  @Test("is empty when nobody uses anything, and makes a new one then")
  func forgets() throws {
    let cache = DocumentCache()
    var made: [Document] = []
    for number in 0..<100 { made.append(try cache.document(at: "\(number)")) }
    #expect(cache.count == 100)
    made.removeAll()
    settle()
    #expect(cache.count == 0)
    made.append(try cache.document(at: "7"))
    #expect(cache.count == 1)
  }
}
