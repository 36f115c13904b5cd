extension LeakReport {
  /// Whether nothing could be judged: there is no snapshot, or not of the programs that this one started.
  ///
  /// A Swift program may well end without one live object, and one that isn't Swift has none.
  package var isUnchecked: Bool {
    let judged = summary.countsExplained + summary.countsUnexplained + summary.countsNegative
    guard judged == 0 else { return false }
    guard target.hasSwift == true else {
      return target.hasSwift == nil || !capture.complete || !capture.skipped.isEmpty
    }
    return !capture.complete || summary.liveObjects > 0
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
