import Foundation
import Measuring

/// What is run, built where it isn't.
struct Programs {
  let remnant: String
  let plain: String
  let sanitized: String

  init(root: String) throws {
    remnant = "\(root)/.build/release/remnant"
    guard access(remnant, X_OK) == 0 else {
      fail("\(remnant) is missing: run `swift build -c release` first, in the root of the repository")
    }
    func build(_ options: [String], scratch: String) throws -> String {
      show("building the fixtures \(options.joined(separator: " "))")
      let run = try Run(
        ["swift", "build", "--package-path", "\(root)/Fixtures"]
          + ["--scratch-path", "\(root)/\(scratch)"] + options
      )
      guard run.status == 0 else { fail("the fixtures don't build with \(options)") }
      return "\(root)/\(scratch)/debug/RemnantFixtures"
    }
    plain = try build([], scratch: ".build-fixtures")
    sanitized = try build(["--sanitize", "address"], scratch: ".build-fixtures-address")
  }
}
