// An allocation-heavy program of the ordinary kind: requests that pass through layers, each of which
// makes objects, closures, strings and arrays, so that call stacks are 15 to 30 frames deep and come
// again and again. Fifteen million allocations. One argument: how many threads do it at once.

import Foundation

final class Header {
  let name: String
  let value: String
  init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

final class Request {
  var headers: [Header] = []
  var body: [UInt8]
  var parent: Request?
  init(body: [UInt8]) { self.body = body }
}

final class Response {
  let status: Int
  var parts: [String] = []
  init(status: Int) { self.status = status }
}

typealias Handler = (Request) -> Response

@inline(never) func logging(_ next: @escaping Handler) -> Handler {
  { request in
    let response = next(request)
    response.parts.append(
      "log: \(request.headers.count) headers and a status of \(response.status)"
    )
    return response
  }
}

@inline(never) func parsing(_ next: @escaping Handler) -> Handler {
  { request in
    for index in 0..<4 {
      request.headers.append(
        Header("header-name-number-\(index)", "a value that is too long to be small: \(index)")
      )
    }
    return next(request)
  }
}

@inline(never) func nesting(_ depth: Int, _ next: @escaping Handler) -> Handler {
  if depth == 0 { return next }
  return nesting(depth - 1) { request in
    let inner = Request(body: [1, 2, 3])
    inner.parent = request.parent
    inner.headers = request.headers
    return next(inner)
  }
}

@inline(never) func serve(_ count: Int) -> Int {
  let handler = logging(
    parsing(
      nesting(12) { request in
        let response = Response(status: 200 + request.headers.count)
        response.parts = request.headers.map { $0.name + "=" + $0.value }
        return response
      }
    )
  )
  var total = 0
  for _ in 0..<count {
    let response = handler(Request(body: Array(repeating: 7, count: 40)))
    total &+= response.parts.count
    total &+= response.parts.joined(separator: ",").utf8.count
  }
  return total
}

let threads = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 1 : 1
DispatchQueue.concurrentPerform(iterations: threads) { _ in
  precondition(serve(270_000) != 0)
}
