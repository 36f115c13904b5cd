import Foundation
import RemnantTesting
import Shop
import Testing
import WeakReferences

@Suite struct CartTests {
  @Test func dies() {
    assertDeallocated {
      let cart = Cart()
      cart.add("tea")
      return cart
    }
  }

  @Test func diesLater() async {
    await assertDeallocated { () -> Cart in
      await Task.yield()
      return Cart()
    }
  }

  @Test(.leakTracking) func isTracked() {
    let cart = trackForMemoryLeaks(Cart())
    cart.onChange = { [weak cart] in _ = cart?.items }
    cart.add("tea")
  }

  @Test func isForgotten() {
    var carts = WeakArray<Cart>()
    let kept = Cart()
    carts.append(kept)
    carts.append(Cart())
    #expect(carts.count == 1 && carts.first === kept)
  }

  /// Fails: `.ci/outside` expects that.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["SHOP_LEAKS"] != nil))
  func leaks() {
    assertDeallocated { () -> Cart in
      let cart = Cart()
      cart.onChange = { _ = cart.items }
      return cart
    }
  }
}
