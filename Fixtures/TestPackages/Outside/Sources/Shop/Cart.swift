/// What a customer is going to buy.
public final class Cart {
  /// Called after each change.
  public var onChange: (() -> Void)?
  /// In the order of adding.
  public private(set) var items: [String] = []

  /// Makes an empty one.
  public init() {}

  /// Adds an item at the end.
  public func add(_ item: String) {
    items.append(item)
    onChange?()
  }
}
