internal import LeakReports

extension TestBundle {
  /// Who runs tests; both are in one bundle.
  enum Library: CaseIterable {
    case xctest, swiftTesting

    var name: String { self == .xctest ? "XCTest" : "Swift Testing" }

    /// The tests that ran, under the names that the bundle lists: XCTest prints them without their module.
    func listed(_ ran: [TestAttribution.Test], in list: [String]) -> [TestAttribution.Test] {
      guard self == .xctest else { return ran }
      let printed = Set(ran.map(\.id))
      return list.filter { name in
        let rest = name.split(separator: ".", maxSplits: 1).last ?? ""
        return printed.contains(rest.split(separator: "/").joined(separator: "."))
      }.map { TestAttribution.Test(id: $0) }
    }
  }
}
