extension LeakReport {
  /// Whether there was nothing to judge: no Swift program, or no picture of it.
  ///
  /// A Swift program may well end without one live object.
  package var isUnchecked: Bool {
    let judged = summary.countsExplained + summary.countsUnexplained + summary.countsNegative
    guard judged == 0 else { return false }
    return target.hasSwift != true || !capture.complete || summary.liveObjects > 0
  }

  /// Whether no Swift object was left alive that could have been judged.
  package var leftNothingAlive: Bool {
    summary.liveObjects == 0 && summary.countsExplained + summary.countsUnexplained == 0
  }

  /// Why "no leaks" would say too much; nil where it doesn't.
  package var doubt: String? {
    if isUnchecked { return "nothing was checked" }
    return capture.complete ? nil : "not everything could be read"
  }
}
