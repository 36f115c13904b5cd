extension RandomAccessCollection {
  /// The position of the first element for which the condition holds, in a collection where it holds for all that follow.
  ///
  /// ```swift
  /// addresses.partitioningIndex { $0 >= address }
  /// ```
  ///
  /// - Returns: `endIndex` where it holds for none.
  /// - Complexity: O(log *n*) calls of `condition`.
  @inlinable package func partitioningIndex(where condition: (Element) -> Bool) -> Index {
    var start = startIndex
    var count = self.count
    while count > 0 {
      let half = count / 2
      let middle = index(start, offsetBy: half)
      if condition(self[middle]) {
        count = half
      } else {
        start = index(after: middle)
        count -= half + 1
      }
    }
    return start
  }
}

extension RandomAccessCollection where Element: Comparable {
  /// Whether a sorted collection has an element.
  ///
  /// - Complexity: O(log *n*)
  @inlinable package func containsSorted(_ element: Element) -> Bool {
    let index = partitioningIndex { $0 >= element }
    return index < endIndex && self[index] == element
  }
}
