// A chat server in which every session stays behind: the program that `remnant demo` looks at, and
// the canary of `remnant doctor`.
//
//     remnant-demo           as it was first written
//     remnant-demo fixed     with the fix that the report names

final class Message {
  let author: String
  let text: String

  init(author: String, text: String) {
    self.author = author
    self.text = text
  }
}

final class Connection {
  var onMessage: ((String) -> Void)?

  func receive(_ text: String) { onMessage?(text) }
}

final class Session {
  let user: String
  let connection: Connection
  var history: [Message] = []

  init(user: String, connection: Connection) {
    self.user = user
    self.connection = connection
  }

  func start() {
    connection.onMessage = { text in
      self.history.append(Message(author: self.user, text: text))
    }
  }

  func startFixed() {
    connection.onMessage = { [weak self] text in
      guard let self else { return }
      history.append(Message(author: user, text: text))
    }
  }
}

@inline(never)
func serve(isFixed: Bool) -> Int {
  var messages = 0
  for user in ["ada", "grace", "barbara"] {
    let session = Session(user: user, connection: Connection())
    if isFixed { session.startFixed() } else { session.start() }
    session.connection.receive("hello")
    session.connection.receive("goodbye")
    messages += session.history.count
  }
  return messages
}

let messages = serve(isFixed: CommandLine.arguments.contains("fixed"))
print("served 3 sessions, \(messages) messages; all connections are closed")
