import Testing

@testable import WeakReferences

/// How a class comes to tell of its instances' deaths.
@Suite struct RegistrationTests {
  /// A library that is closed and opened again at the same place brings its class's metadata anew.
  ///
  /// For a moment a second
  /// thread finds the same at a class's first registration: an entry, and no hook.
  @Test("a class that lost its patch is patched again")
  func openedAgain() {
    final class Plugin {}
    let slot = unsafeBitCast(Plugin.self, to: UnsafeMutablePointer<UnsafeRawPointer>.self) - 2
    let original = slot.pointee
    let deaths = Counter()
    for _ in 0..<3 {
      var plugin: Plugin? = Plugin()
      let reference = plugin.map { WeakRef($0) { _ in deaths.increment() } }
      plugin = nil
      slot.pointee = original
      settle()
      withExtendedLifetime(reference) {}
    }
    #expect(deaths.value == 3)
  }
}
