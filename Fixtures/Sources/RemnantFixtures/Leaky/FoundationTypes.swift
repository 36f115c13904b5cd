import Dispatch
import Foundation

/// A cycle through a Foundation collection.
enum FoundationArray {
  final class Group {
    let members = NSMutableArray()

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    for _ in 1...3 {
      let group = Group()
      group.members.add(group)
    }
  }
}

/// A notification centre of one's own, with an observer block that captures its owner.
enum PrivateCenter {
  final class Hub: @unchecked Sendable {
    let center = NotificationCenter()
    var token: (any NSObjectProtocol)?
    var received = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func observe() {
      token = center.addObserver(forName: Notification.Name("tick"), object: nil, queue: nil) { _ in
        self.received += 1
      }
      center.post(name: Notification.Name("tick"), object: nil)
    }
  }

  @inline(never)
  static func run() {
    let hub = Hub()
    hub.observe()
    use(hub.received)
  }
}

/// An encoder whose user info leads back to its owner.
enum EncoderUserInfo {
  final class Exporter: @unchecked Sendable {
    let encoder = JSONEncoder()

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func prepare() {
      guard let key = CodingUserInfoKey(rawValue: "exporter") else { return }
      encoder.userInfo[key] = self
    }
  }

  @inline(never)
  static func run() {
    let exporter = Exporter()
    exporter.prepare()
    use((try? exporter.encoder.encode([1, 2, 3]).count) ?? 0)
  }
}

/// A stored work item whose closure captures self: it holds the closure through a C block.
enum WorkItem {
  final class Job: @unchecked Sendable {
    var item: DispatchWorkItem?
    var runs = 0

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func prepare() {
      item = DispatchWorkItem { self.runs += 1 }
    }
  }

  @inline(never)
  static func run() {
    for _ in 1...2 {
      let job = Job()
      job.prepare()
      job.item?.perform()
    }
  }
}
