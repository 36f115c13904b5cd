/// Children in an array, each with a strong reference to its parent.
enum ArrayCycle: Scenario {
  static var name: String { "array-cycle" }

  final class Node {
    var parent: Node?
    var children: [Node] = []
    init() { Census.born(Node.self) }
    deinit { Census.died(Node.self) }
  }

  @inline(never)
  static func run() {
    let parent = Node()
    for _ in 0..<opaque(3) {
      let child = Node()
      child.parent = parent
      parent.children.append(child)
    }
    publish(parent)
  }
}

/// A registry whose dictionary holds services that hold the registry.
enum DictionaryValueCycle: Scenario {
  static var name: String { "dictionary-value-cycle" }

  final class Registry {
    var services: [String: Service] = [:]
    init() { Census.born(Registry.self) }
    deinit { Census.died(Registry.self) }
  }

  final class Service {
    let registry: Registry

    init(registry: Registry) {
      self.registry = registry
      Census.born(Service.self)
    }

    deinit { Census.died(Service.self) }
  }

  @inline(never)
  static func run() {
    let registry = Registry()
    registry.services["a name too long to be kept inside the string"] = Service(registry: registry)
    publish(registry)
  }
}

/// Objects as the keys of a dictionary that one of them owns.
enum DictionaryKeyCycle: Scenario {
  static var name: String { "dictionary-key-cycle" }

  final class Peer: Hashable {
    var weights: [Peer: Int] = [:]
    init() { Census.born(Peer.self) }
    deinit { Census.died(Peer.self) }

    static func == (left: Peer, right: Peer) -> Bool { left === right }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(2) {
      let peer = Peer()
      let other = Peer()
      peer.weights[other] = 1
      other.weights[peer] = 2
      publish(peer)
    }
  }
}

/// Members in a set, each with a strong reference to the group that owns the set.
enum SetCycle: Scenario {
  static var name: String { "set-cycle" }

  final class Group {
    var members: Set<Member> = []
    init() { Census.born(Group.self) }
    deinit { Census.died(Group.self) }
  }

  final class Member: Hashable {
    let group: Group

    init(group: Group) {
      self.group = group
      Census.born(Member.self)
    }

    deinit { Census.died(Member.self) }

    static func == (left: Member, right: Member) -> Bool { left === right }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
  }

  @inline(never)
  static func run() {
    let group = Group()
    for _ in 0..<opaque(5) { group.members.insert(Member(group: group)) }
    publish(group)
  }
}
