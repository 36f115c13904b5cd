import Distributed
import Observation
import Remnant
import Synchronization
import Testing

/// All that can be tracked and counted: whatever the runtime or a macro lays out in its own way.
@Suite("Kinds of objects", .serialized) struct KindsOfObjectsTests {
  private actor Counter {
    var other: AnyObject?
  }

  private struct Handle: ~Copyable {
    let number: Int
    deinit {}
  }

  private final class File {
    let handle = Handle(number: 3)
    let state = Mutex(0)
    var other: AnyObject?
  }

  @Observable final class Model {
    var title = ""
    var other: AnyObject?
  }

  fileprivate distributed actor Worker {
    typealias ActorSystem = LocalSystem
    distributed func work() -> Int { 1 }
  }

  enum Kind: String, CaseIterable {
    case actor, noncopyable, observable, distributed

    @inline(never) func make() -> AnyObject {
      switch self {
      case .actor: Counter()
      case .noncopyable: File()
      case .observable: Model()
      case .distributed: Worker(actorSystem: LocalSystem())
      }
    }
  }

  @Test("their references are counted", arguments: Kind.allCases)
  func counts(_ kind: Kind) {
    final class Owners { var objects: [AnyObject] = [] }
    let owners = Owners()
    @inline(never) func add() -> WeakRef<AnyObject> {
      let object = kind.make()
      owners.objects = [object, object, object]
      return WeakRef(object)
    }
    let reference = add()
    #expect(reference.referenceCounts?.strong == 3)
    owners.objects.removeLast()
    #expect(reference.referenceCounts?.strong == 2)
    owners.objects = []
    #expect(reference.referenceCounts == nil)
  }

  @Test("the tracker waits for their death", arguments: Kind.allCases)
  func drained(_ kind: Kind) async {
    let tracker = LeakTracker()
    @inline(never) func hold() {
      let object = tracker.track(kind.make())
      Task { [box = Box(object)] in
        await Task.yield()
        withExtendedLifetime(box) {}
      }
    }
    hold()
    #expect(await tracker.drain(within: .seconds(600)).isEmpty)
    #expect(tracker.trackedCount == 1)
  }

  @Test("those that live are reported, with what holds them", arguments: Kind.allCases)
  func survivors(_ kind: Kind) throws {
    let tracker = LeakTracker()
    @inline(never) func keep() {
      Shelf.objects[kind] = tracker.track(kind.make())
    }
    keep()
    let survivor = try #require(tracker.drain(within: .zero).first)
    #expect(survivor.strongCount == 1)
    let scan = try tracker.report()
    let finding = try #require(scan.findings.first)
    #expect(finding.kind == "survivor" && finding.type == survivor.type, "\(scan)")
    #expect(scan.description.contains("objects"), "\(scan)")
    Shelf.objects[kind] = nil
    #expect(tracker.survivors.isEmpty)
  }

  private final class Box: @unchecked Sendable {
    let object: AnyObject
    init(_ object: AnyObject) { self.object = object }
  }

  private enum Shelf {
    nonisolated(unsafe) static var objects: [Kind: AnyObject] = [:]
  }
}

/// Keeps no actor, as `LocalTestingDistributedActorSystem` does for ever.
private struct LocalSystem: DistributedActorSystem {
  typealias ActorID = Int
  typealias InvocationEncoder = LocalTestingInvocationEncoder
  typealias InvocationDecoder = LocalTestingInvocationDecoder
  typealias ResultHandler = LocalTestingInvocationResultHandler
  typealias SerializationRequirement = any Codable

  func resolve<Act>(id: Int, as actorType: Act.Type) throws -> Act?
  where Act: DistributedActor, Act.ID == Int { nil }

  func assignID<Act>(_ actorType: Act.Type) -> Int where Act: DistributedActor, Act.ID == Int { 1 }
  func actorReady<Act>(_ actor: Act) where Act: DistributedActor, Act.ID == Int {}
  func resignID(_ id: Int) {}
  func makeInvocationEncoder() -> LocalTestingInvocationEncoder { fatalError("there is no remote") }

  func remoteCall<Act, Err, Res>(
    on actor: Act,
    target: RemoteCallTarget,
    invocation: inout LocalTestingInvocationEncoder,
    throwing: Err.Type,
    returning: Res.Type
  ) async throws -> Res
  where Act: DistributedActor, Act.ID == Int, Err: Error, Res: Codable {
    fatalError("there is no remote")
  }

  func remoteCallVoid<Act, Err>(
    on actor: Act,
    target: RemoteCallTarget,
    invocation: inout LocalTestingInvocationEncoder,
    throwing: Err.Type
  ) async throws where Act: DistributedActor, Act.ID == Int, Err: Error {
    fatalError("there is no remote")
  }
}
