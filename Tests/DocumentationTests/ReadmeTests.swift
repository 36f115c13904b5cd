import Foundation
import TestSupport
import Testing

/// The first page that a stranger sees.
@Suite("The README") struct ReadmeTests {
  private let page: Page

  init() throws { page = try Page("README.md") }

  @Test("shows what the demo prints")
  func demo() async throws {
    let block = try #require(page.text.firstMatch(of: /\n```\n(?<body>LEAK(?:.*\n)*?)```/))
    let demo = try await Subprocess.run([try Built.tool(), "demo"])
    // The README's is built for release, where a closure begins at another line.
    let isShown = PageWalk.shows(
      "…\n\(Self.withoutLines(String(block.body)))…\n",
      Self.withoutLines(demo.output)
    )
    #expect(isShown, "the demo prints\n\(demo.output)")
  }

  private static func withoutLines(_ text: String) -> String {
    text.replacing(/main\.swift:\d+/, with: "main.swift")
  }

  @Test("names products that the package has")
  func products() throws {
    let manifest = try Page("Package.swift").text
    let products = page.text.matches(of: /\.product\(name: "(\w+)"/).map { String($0.1) }
    #expect(Set(products) == ["Remnant", "RemnantTesting", "WeakReferences"])
    for product in products {
      #expect(manifest.contains(".library(name: \"\(product)\""))
    }
  }
}
