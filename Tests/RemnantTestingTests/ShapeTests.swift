import Foundation
import RemnantTesting
import Testing
import WeakReferences

private protocol Service: AnyObject {
  func start()
}

private final class Player: Service, @unchecked Sendable {
  var onEnd: (() -> Void)?
  func start() { onEnd = { self.start() } }
}

private func makeService() -> any Service { Player() }

/// Players that are leaked, until this test has seen it.
private final class Rings {
  private var players: [WeakRef<Player>] = []

  func make() -> Player {
    let player = Player()
    player.start()
    players.append(WeakRef(player))
    return player
  }

  func breakAll() { for player in players { player.object?.onEnd = nil } }
}

/// How the helpers are called: each compiles as it is written here.
@Suite("The shape of the helpers") struct ShapeTests {
  @Test("objects whose type is a protocol's, and optional ones, are tracked")
  func existentials() async {
    assertDeallocatedHere { makeService() }
    await assertDeallocated { makeService() }
    await withLeakTracking { () -> Void in
      let service: any Service = trackForMemoryLeaks(makeService())
      let optional: (any Service)? = trackForMemoryLeaks(service)
      withExtendedLifetime(optional) {}
    }
    await withLeakTracking { _ = trackForMemoryLeaks(Optional(Player())) }
    await withLeakTracking { _ = trackForMemoryLeaks(NSNumber(value: 1.5)) }
  }

  private func assertDeallocatedHere(_ make: () -> any Service) { assertDeallocated { make() } }

  @Test("one that is leaked fails")
  func leakedExistential() {
    var leaked: WeakRef<Player>?
    withKnownIssue {
      assertDeallocated(within: .zero) { () -> any Service in
        let player = Player()
        player.start()
        leaked = WeakRef(player)
        return player
      }
    } matching: {
      $0.comments.contains { $0.rawValue.contains("Player is alive after") }
    }
    leaked?.object?.onEnd = nil
  }

  @Test("in an asynchronous test every helper is called with await, whatever its body needs")
  func awaiting() async {
    await assertDeallocated { Player() }
    await withLeakTracking { _ = trackForMemoryLeaks(Player()) }
    await assertNoLeaks { _ = Player() }
    await knownLeak("none", isIntermittent: true) { _ = Player() }
    await withLeakChecks(.warning) { _ = Player() }
    await expectDeallocation(of: WeakRef(Player()))
  }

  @Test("in a synchronous test none is")
  func synchronous() {
    assertDeallocated { Player() }
    withLeakTracking { _ = trackForMemoryLeaks(Player()) }
    assertNoLeaks { _ = Player() }
    knownLeak("none", isIntermittent: true) { _ = Player() }
    withLeakChecks(.warning) { _ = Player() }
  }

  @Test("a wrapper hands its caller's place on, and failures are shown there")
  func wrappers() async {
    let rings = Rings()
    let line = #line + 1
    await expectIssue(line) { checkDeath { rings.make() } }
    await expectIssue(line + 3) {
      withLeakTracking(within: .zero) {
        track(rings.make())
      }
    }
    await expectIssue(line + 6) { await checkDeathLater { rings.make() } }
    rings.breakAll()
  }

  private func checkDeath(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ make: () -> Player
  ) {
    assertDeallocated(within: .zero, sourceLocation: sourceLocation) { make() }
  }

  private func checkDeathLater(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ make: () -> Player
  ) async {
    await assertDeallocated(within: .zero, sourceLocation: sourceLocation) { make() }
  }

  private func track(
    _ player: Player,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    trackForMemoryLeaks(player, sourceLocation: sourceLocation)
  }

  private func expectIssue(_ line: Int, _ body: () async -> Void) async {
    await withKnownIssue {
      await body()
    } matching: {
      $0.sourceLocation?.line == line
    }
  }
}
