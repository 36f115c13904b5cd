/// An entry as the model sees it: what it is found by, and what is found.
struct Entry: Hashable {
  let key: Int
  let value: Int
}

/// A container beside a model of it.
protocol ModelSubject: SendableMetatype {
  associatedtype Container: Sendable

  init(_ container: Container)
  static func makeContainer() -> Container

  /// Does something random with both, and throws if the results aren't the same.
  ///
  /// Returns the key of an entry that was replaced by an equal one.
  mutating func act(in world: World) throws -> Int?

  /// What a death does to the model.
  mutating func forget(_ id: Int)

  /// The entries of the model, in their order if they have one.
  var entries: [Entry] { get }
  static var isOrdered: Bool { get }

  var count: Int { get }
  func makeIterator() -> AnyIterator<Entry>
}

extension ModelSubject {
  static var isOrdered: Bool { false }
}

struct Mismatch: Error, CustomStringConvertible {
  let description: String
}

/// Throws if the container and the model don't give the same.
func agree<Result: Equatable>(
  _ container: Result,
  _ model: Result,
  _ what: @autoclosure () -> String
) throws {
  if container != model {
    throw Mismatch(description: "\(what()) gave \(container) instead of \(model)")
  }
}
