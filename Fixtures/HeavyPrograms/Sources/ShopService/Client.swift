import AsyncHTTPClient
import NIOCore

/// Asks the server for things, some of which it has.
func request(from port: Int) async throws {
  let client = HTTPClient()
  for id in 1...7 {
    let request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/items/\(id)")
    let response = try await client.execute(request, timeout: .seconds(5))
    let body = try await response.body.collect(upTo: 10_000)
    print("\(response.status.code), \(body.readableBytes) bytes")
  }
  var post = HTTPClientRequest(url: "http://127.0.0.1:\(port)/items")
  post.method = .POST
  post.body = .bytes(ByteBuffer(string: #"{"id": 9, "name": "late"}"#))
  print(try await client.execute(post, timeout: .seconds(5)).status)
  try await client.shutdown()
}
