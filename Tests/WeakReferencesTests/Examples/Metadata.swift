import Testing
import WeakReferences

// example: metadata
/// When requests of another library began, which has no place for it.
enum Tracing {
  private static let starts = AttachedValues<ContinuousClock.Instant>()

  static func begin(_ request: AnyObject) { starts[request] = .now }

  static func age(of request: AnyObject) -> Duration? {
    starts[request].map { $0.duration(to: .now) }
  }

  /// How many requests are still alive.
  static var count: Int { starts.count }
}
// end

@Suite("Metadata on objects, as the documentation has it", .serialized) struct MetadataExample {
  @Test("lives as long as its object")
  func metadata() {
    var requests = (0..<3).map { Item($0) }
    for request in requests { Tracing.begin(request) }
    #expect(Tracing.count == 3)
    #expect(Tracing.age(of: requests[0]).map { $0 >= .zero } == true)
    #expect(Tracing.age(of: Item()) == nil)
    requests.removeAll()
    settle()
    #expect(Tracing.count == 0)
  }
}
