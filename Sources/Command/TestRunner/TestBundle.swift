internal import Foundation
internal import ProgramRunner

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
    if let bundle = try own(among: files, packageName: packageName) {
      return "\(folder)/\(bundle)"
    }
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

  /// The package's own bundle among the files that were built.
  ///
  /// After the package was renamed, there are bundles of other names: only then its name is asked for.
  static func own(among files: [String], packageName: () throws -> String) rethrows -> String? {
    let bundles = files.filter { $0.hasSuffix(".xctest") }
    if bundles.count == 1 { return bundles[0] }
    let own = "\(try packageName())PackageTests.xctest"
    return bundles.contains(own) ? own : nil
  }

  private static func packageName() throws -> String {
    struct Description: Decodable { var name: String }
    let text = try Command(["swift", "package", "describe", "--type", "json"]).output()
    return (try? JSONDecoder().decode(Description.self, from: Data(text.utf8)))?.name ?? ""
  }

  // MARK: Tests

  /// All tests of a library, in its own order.
  ///
  /// Where XCTest or Swift Testing is not part of the bundle, there are none.
  func tests(of library: Library) throws -> [String] {
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
    return Self.names(in: text)
  }

  /// One in a line; what the program prints itself before its tests begin isn't among them.
  static func names(in list: String) -> [String] {
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
