import Foundation

/// A chat server whose sessions outlive their connections: what the README shows.
enum DemoSession: Scenario {
  static var name: String { "demo-session" }

  protocol ConnectionDelegate: AnyObject {
    func connectionDidClose(_ connection: Connection)
  }

  final class Connection {
    let host: String
    var onMessage: ((String) -> Void)?
    weak var delegate: (any ConnectionDelegate)?

    init(host: String) {
      self.host = host
      Census.born(Connection.self)
    }

    deinit { Census.died(Connection.self) }

    func receive(_ message: String) { onMessage?(message) }
    func close() { delegate?.connectionDidClose(self) }
  }

  final class Session {
    let user: String
    let connection: Connection
    private var transcript: [String] = []

    init(user: String, connection: Connection) {
      self.user = user
      self.connection = connection
      Census.born(Session.self)
      connection.onMessage = { message in
        self.transcript.append("\(user): \(message)")
      }
    }

    deinit { Census.died(Session.self) }
  }

  final class Server: ConnectionDelegate {
    private var sessions: [String: Session] = [:]

    init() { Census.born(Server.self) }
    deinit { Census.died(Server.self) }

    func accept(user: String, from host: String) -> Connection {
      let connection = Connection(host: host)
      connection.delegate = self
      sessions[host] = Session(user: user, connection: connection)
      return connection
    }

    func connectionDidClose(_ connection: Connection) {
      sessions[connection.host] = nil
    }
  }

  @inline(never)
  static func run() {
    let server = Server()
    for (number, user) in ["Ada", "Grace", "Edsger"].enumerated() {
      let connection = server.accept(user: user, from: "10.0.0.\(number + 1)")
      connection.receive("hello")
      connection.close()
      publish(connection)
    }
  }
}
