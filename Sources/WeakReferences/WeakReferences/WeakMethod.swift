/// A method of an object, without keeping the object alive.
///
/// A bound method (`object.method`) holds its object, and can't be taken apart; this takes the object and the method of
/// its type. Overrides are called as ever.
///
/// ```swift
/// let refresh = WeakMethod(view, View.refresh)
/// refresh()?()     // calls it, if the view still lives
/// ```
///
/// An actor's method comes in a closure, which says that calling it waits:
/// `WeakMethod(account) { account in { @Sendable in await account.close() } }`.
public struct WeakMethod<Object: AnyObject, Method> {
  /// The reference that this uses.
  public let reference: WeakRef<Object>
  private let method: @Sendable (Object) -> Method
  private let name: String?

  /// Refers to a method of `object`.
  ///
  /// - Parameters:
  ///   - object: Isn't kept alive.
  ///   - method: The type's method, such as `View.refresh`.
  ///   - name: Tells methods apart: Swift can't compare functions. Without a name, this equals only its own copies.
  ///   - callback: Called when the object dies, as a `WeakRef`'s, unless all copies of this were released before.
  /// - Complexity: O(1)
  public init(
    _ object: Object,
    _ method: @escaping @Sendable (Object) -> Method,
    name: String? = nil,
    callback: (@Sendable (WeakMethod) -> Void)? = nil
  ) {
    self.method = method
    self.name = name
    var onDeath: WeakRef<Object>.Callback?
    if let callback {
      onDeath = { callback(WeakMethod(reference: $0, method: method, name: name)) }
    }
    reference = WeakRef(object, callback: onDeath)
  }

  private init(
    reference: WeakRef<Object>,
    method: @escaping @Sendable (Object) -> Method,
    name: String?
  ) {
    self.reference = reference
    self.method = method
    self.name = name
  }

  /// The method, bound to the object and holding it; or nil once the object is dead.
  ///
  /// - Complexity: O(1)
  public func callAsFunction() -> Method? { reference.object.map(method) }

  /// Whether the object still has strong references.
  ///
  /// - Complexity: O(1)
  public var isAlive: Bool { reference.isAlive }
}

extension WeakMethod: Hashable {
  /// Whether both are methods of the same name of the same object, dead or alive.
  public static func == (left: WeakMethod, right: WeakMethod) -> Bool {
    left.reference === right.reference
      || left.reference == right.reference && left.name != nil && left.name == right.name
  }

  /// Combines what identifies the object.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(reference)
  }
}

extension WeakMethod: CustomStringConvertible {
  /// The description of the reference; runs no code of the object.
  public var description: String { "WeakMethod(\(reference)\(name.map { ", \($0)" } ?? ""))" }
}

extension WeakMethod: Sendable where Object: Sendable {}
