internal import Foundation
internal import LeakReports

/// A package's tests, built.
struct TestBundle {
  let path: String

  init(path: String) { self.path = path }

  /// One that is built already, wherever it is.
  init(existingAt path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw SessionError(
        message: "there is no test bundle '\(path)'",
        remedy: "build it: swift build --build-tests, or leave --bundle out"
      )
    }
    self.init(path: path)
  }

  /// Who runs tests; both are in one bundle.
  enum Library: CaseIterable {
    case xctest, swiftTesting

    var name: String { self == .xctest ? "XCTest" : "Swift Testing" }
  }

  /// Builds what `swift test` would build.
  static func build(_ arguments: TestArguments) throws -> TestBundle {
    let build = try PackageBuild(
      ["--build-tests"] + arguments.building,
      orElse: "name it with --package-path"
    )
    if !arguments.skipsBuild {
      try build.run(
        failure: { "the package's tests don't build (status \($0)): nothing was tested" }
      )
    }
    return TestBundle(path: try find(in: try build.folder(), arguments))
  }

  private static func find(in folder: String, _ arguments: TestArguments) throws -> String {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let bundles = files.filter { $0.hasSuffix(".xctest") }.sorted()
    if bundles.count == 1 { return "\(folder)/\(bundles[0])" }
    // The folder has bundles of other names after the package was renamed.
    struct Description: Decodable { var name: String }
    let text = try Command(["swift", "package", "describe", "--type", "json"]).output()
    let name = (try? JSONDecoder().decode(Description.self, from: Data(text.utf8)))?.name ?? ""
    let own = "\(name)PackageTests.xctest"
    if bundles.contains(own) { return "\(folder)/\(own)" }
    throw arguments.skipsBuild
      ? SessionError(
        message: "no tests are built in '\(folder)'",
        remedy: "leave --skip-build out; if the package has no tests, add a test target"
      )
      : SessionError(
        message: "the package has no tests: nothing was checked",
        remedy:
          "add a test target to Package.swift, or examine a program: remnant run --product NAME"
      )
  }

  // MARK: Tests

  /// The tests of a library that the filters let through, in its own order.
  ///
  /// Where XCTest or Swift Testing is not part of the bundle, there are none.
  func tests(of library: Library, _ arguments: TestArguments) throws -> [String] {
    let command: [String] =
      switch library {
      case .xctest: [path, "--list-tests"]
      case .swiftTesting: [path, "--list-tests", "--testing-library", "swift-testing"]
      }
    let text: String
    do { text = try Command(command).output(hidingErrors: true) } catch {
      // Swift Testing says so of a bundle without a test of its own.
      if library == .swiftTesting { return [] }
      throw error
    }
    let all = Self.names(in: text)
    let filters = try arguments.filters.map(Self.expression)
    let skips = try arguments.skips.map(Self.expression)
    return all.filter { test in
      (filters.isEmpty || filters.contains { test.firstMatch(of: $0) != nil })
        && !skips.contains { test.firstMatch(of: $0) != nil }
    }
  }

  private static func expression(_ text: String) throws -> Regex<AnyRegexOutput> {
    do { return try Regex(text) } catch {
      throw SessionError(
        message: "'\(text)' isn't a regular expression: \(error)",
        remedy: "use one such as 'ParserTests/', and write \\\\( for a parenthesis"
      )
    }
  }

  /// One in a line; what the program prints itself before its tests begin isn't among them.
  private static func names(in list: String) -> [String] {
    list.split(separator: "\n").filter { $0.contains(/^[^\s.\/]+\.\S/) }.map(String.init)
  }

  /// What runs some tests.
  func command(
    for library: Library,
    tests: [String],
    isAll: Bool,
    _ arguments: TestArguments
  )
    -> [String]
  {
    switch library {
    case .xctest: return isAll ? [path] : [path, tests.joined(separator: ",")]
    case .swiftTesting:
      var command = [path, "--testing-library", "swift-testing"] + arguments.swiftTesting
      if !isAll {
        command += tests.flatMap {
          ["--filter", "^\(NSRegularExpression.escapedPattern(for: $0))(/|$)"]
        }
      }
      return command
    }
  }
}
