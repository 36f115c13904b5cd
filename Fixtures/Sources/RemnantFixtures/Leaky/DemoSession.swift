/// A chat server: each connection is closed and dropped, and every session stays behind.
enum DemoSession {
  protocol ConnectionDelegate: AnyObject {
    func connectionDidClose()
  }

  final class Connection {
    var delegate: (any ConnectionDelegate)?
    var onMessage: ((String) -> Void)?

    init() { Census.born(self) }
    deinit { Census.died(self) }

    func receive(_ text: String) { onMessage?(text) }
    func close() { delegate?.connectionDidClose() }
  }

  final class Message {
    let author: String
    let text: String

    init(author: String, text: String) {
      (self.author, self.text) = (author, text)
      Census.born(self)
    }
    deinit { Census.died(self) }
  }

  final class Session: ConnectionDelegate {
    let user: String
    let connection: Connection
    var history: [Message] = []
    var isOpen = true

    init(user: String, connection: Connection) {
      (self.user, self.connection) = (user, connection)
      Census.born(self)
    }
    deinit { Census.died(self) }

    func start() {
      connection.delegate = self
      connection.onMessage = { text in
        self.history.append(Message(author: self.user, text: text))
      }
    }

    func connectionDidClose() { isOpen = false }
  }

  @inline(never)
  static func run() {
    var sessions = ["ada", "grace", "barbara"].map { Session(user: $0, connection: Connection()) }
    for session in sessions {
      session.start()
      session.connection.receive("hello")
      session.connection.receive("goodbye")
      session.connection.close()
    }
    sessions.removeAll { !$0.isOpen }
    use(sessions.count)
  }
}
