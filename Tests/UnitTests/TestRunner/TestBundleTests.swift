import LeakReports
import Testing

@testable import TestRunner

@Suite struct TestBundleTests {
  private let bundle = TestBundle(path: "/b/App.xctest")

  @Test("The only bundle is the package's, and its name isn't asked for")
  func onlyBundle() {
    let files = ["App", "AppPackageTests.xctest", "AppPackageTests.product"]
    #expect(
      TestBundle.own(among: files) {
        Issue.record("asked for the package's name")
        return ""
      } == "AppPackageTests.xctest"
    )
  }

  @Test("Of the bundles of a renamed package, the one of its name is chosen, or none")
  func renamedPackage() {
    let files = ["NewPackageTests.xctest", "OldPackageTests.xctest"]
    #expect(TestBundle.own(among: files) { "Old" } == "OldPackageTests.xctest")
    #expect(TestBundle.own(among: files) { "Third" } == nil)
    #expect(TestBundle.own(among: []) { "Old" } == nil)
  }

  @Test("Lines that tests print while they are listed aren't tests")
  func names() {
    let list = """
      Loading: 3 %
      /usr/lib/x.so: no version
      App.Tree/add()
      AppTests.TreeTests/testAdd
      App.`a name with spaces`()
      [1] started.
      """
    #expect(
      TestBundle.names(in: list) == [
        "App.Tree/add()", "AppTests.TreeTests/testAdd", "App.`a name with spaces`()",
      ]
    )
  }

  @Test("All tests run without a filter; some are named, whatever characters their names have")
  func command() throws {
    let arguments = try TestArguments(["--no-parallel"])
    func command(_ library: TestBundle.Library, _ tests: [String], isAll: Bool) -> [String] {
      bundle.command(for: library, tests: tests, isAll: isAll, arguments)
    }
    #expect(command(.xctest, ["A.B/c"], isAll: true) == ["/b/App.xctest"])
    #expect(
      command(.xctest, ["A.B/c", "A.B/d"], isAll: false) == ["/b/App.xctest", "A.B/c,A.B/d"]
    )
    let swiftTesting = ["/b/App.xctest", "--testing-library", "swift-testing", "--no-parallel"]
    #expect(command(.swiftTesting, ["A.b()"], isAll: true) == swiftTesting)
    let filtered = command(.swiftTesting, ["A.b(_:)"], isAll: false)
    #expect(filtered == swiftTesting + ["--filter", #"^A\.b\(_:\)(/|$)"#])
    let expression = try Regex(try #require(filtered.last))
    #expect("A.b(_:)/File.swift:1:2".firstMatch(of: expression) != nil)
    #expect(
      "A.b(_:)c".firstMatch(of: expression) == nil && "xA.b(_:)".firstMatch(of: expression) == nil
    )
  }

  @Test("XCTest's tests get their module from the list, and Swift Testing's have theirs")
  func listed() {
    let list = ["App.Tree/testAdd", "App.Tree/testRemove", "Other.Queue/testAdd"]
    let ran = ["Queue.testAdd", "Tree.testAdd"].map { TestAttribution.Test(id: $0) }
    #expect(
      TestBundle.Library.xctest.listed(ran, in: list).map(\.id)
        == ["App.Tree/testAdd", "Other.Queue/testAdd"]
    )
    #expect(TestBundle.Library.swiftTesting.listed(ran, in: list) == ran)
  }
}
