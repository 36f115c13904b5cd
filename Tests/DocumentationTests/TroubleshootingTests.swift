import TestSupport
import Testing

/// What the page on troubleshooting shows.
@Suite("The page on troubleshooting") struct TroubleshootingTests {
  @Test("shows the tool's own output")
  func follow() async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let page = try Page("Documentation/Troubleshooting.md")
    try #require(page.commands.count >= 4)
    try await PageWalk(page: page, folder: folder).follow()
  }
}
