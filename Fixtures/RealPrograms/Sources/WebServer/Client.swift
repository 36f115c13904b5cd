import FlyingFox
import Foundation
import FoundationNetworking

/// Asks the server for things, some of which it has.
func request(from port: UInt16) async throws {
  let session = URLSession(configuration: .ephemeral)
  defer { session.finishTasksAndInvalidate() }
  guard let base = URL(string: "http://127.0.0.1:\(port)/items/") else { return }

  for id in 1...8 {
    let (data, response) = try await session.data(from: base.appending(path: "\(id)"))
    let status = (response as? HTTPURLResponse)?.statusCode ?? 0
    let item = try? JSONDecoder().decode(Item.self, from: data)
    print("\(status) \(item?.name ?? "nothing")")
  }
  var new = URLRequest(url: base)
  new.httpMethod = "POST"
  new.httpBody = try JSONEncoder().encode(Item(id: 7, name: "late", price: 9.5))
  _ = try await session.data(for: new)
  let (data, _) = try await session.data(from: base.appending(path: "7"))
  print(try JSONDecoder().decode(Item.self, from: data))
}
