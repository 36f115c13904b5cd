import Foundation
import RemnantTesting
import Testing

/// Whether the examples are to run, and fail: only where `FindingPageTests` compares what they say.
private let isShown = ProcessInfo.processInfo.environment["REMNANT_EXAMPLES"] != nil

// What `Documentation/Findings/survivor.md` shows, between the comments.
// example
final class Image {}

@MainActor final class Gallery {
  static let shared = Gallery()
  private var shown: [Image] = []

  func show(_ image: Image) { shown.append(image) }
  func close() { shown = [] }
}
// end

// One after the other: they share the gallery.
@Suite(.enabled(if: isShown), .serialized) @MainActor struct GalleryTests {
  // example
  @Test func imageIsReleased() async {
    await assertDeallocated {
      let image = Image()
      Gallery.shared.show(image)
      return image
    }
  }
  // end

  // example
  @Test func imageIsReleasedWhenClosed() async {
    await assertDeallocated {
      let image = Image()
      Gallery.shared.show(image)
      Gallery.shared.close()
      return image
    }
  }
  // end
}
