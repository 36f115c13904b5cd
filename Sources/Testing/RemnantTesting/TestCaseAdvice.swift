internal import LeakReports
internal import Remnant

extension LeakScan {
  /// The same, with the advice that fits an object that a test case of XCTest holds in a property: it is the test's own to let
  /// go, and no reference of the program's is to be made weak.
  func advisingOnTestCase() -> LeakScan {
    guard let testCase = TestCases.shared.typeName else { return self }
    return advising { finding in
      guard let index = finding.path.firstIndex(where: { $0.from == testCase }) else { return nil }
      let property = finding.path[index].via.prefix { $0 != "[" && $0 != "." }
      return .byHand(
        "set `\(property)` to nil in `tearDown()`",
        edge: index,
        because:
          "XCTest keeps every test case, and what its properties hold, until the process ends"
      )
    }
  }
}
