internal import CWeakReferences

/// Places of elements, counted from 0 among those that are alive at the call.
///
/// When an element dies, those behind it move up: a place that was right a moment ago may be another element's, or none. So
/// a place beyond the end isn't an error.
extension WeakArray {
  /// The element at a place, or nil where there are fewer.
  ///
  /// - Complexity: O(`index`)
  @inlinable public subscript(index: Int) -> Element? {
    precondition(index >= 0, "a WeakArray index can't be negative")
    var rest = index
    for element in self {
      if rest == 0 { return element }
      rest -= 1
    }
    return nil
  }

  /// Adds an object before the element at a place, or at the end where there are fewer.
  ///
  /// One that is being deinitialized isn't added. An iteration that is under way doesn't meet the elements behind the
  /// place again.
  ///
  /// - Complexity: O(`count`)
  public func insert(_ object: Element, at index: Int) {
    precondition(index >= 0, "a WeakArray index can't be negative")
    WeakReferences.collectIfDue()
    // Released after the lock.
    var (before, behind): ([Element], [Element]) = ([], [])
    table.lock()
    var next = wr_table_live_from(table.storage, 0)
    while let slot = next {
      next = wr_table_live_from(table.storage, wr_slot_number(slot) + 1)
      guard let element = table.object(of: slot, as: Element.self) else { continue }
      if before.count < index {
        before.append(element)
      } else {
        behind.append(element)
        wr_table_remove(table.storage, slot)
      }
    }
    for element in CollectionOfOne(object) + behind {
      _ = table.add(Unmanaged.passUnretained(element).toOpaque(), hash: 0, contents: ())
    }
    table.unlock()
    withExtendedLifetime((before, behind)) {}
  }

  /// Removes the element at a place and returns it, or nil where there are fewer.
  ///
  /// - Complexity: O(`index`)
  @discardableResult
  public func remove(at index: Int) -> Element? {
    precondition(index >= 0, "a WeakArray index can't be negative")
    var before: [Element] = []
    table.lock()
    var next = wr_table_live_from(table.storage, 0)
    while let slot = next {
      next = wr_table_live_from(table.storage, wr_slot_number(slot) + 1)
      guard let element = table.object(of: slot, as: Element.self) else { continue }
      if before.count == index {
        table.remove(slot)
        table.unlock()
        withExtendedLifetime(before) {}
        return element
      }
      before.append(element)
    }
    table.unlock()
    withExtendedLifetime(before) {}
    return nil
  }

  /// The place of the first element that is `object`, or nil if it is none.
  ///
  /// - Complexity: O(`count`)
  public func firstIndex(of object: Element) -> Int? {
    var index = 0
    for element in self {
      if element === object { return index }
      index += 1
    }
    return nil
  }
}
