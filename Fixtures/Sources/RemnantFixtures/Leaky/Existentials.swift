/// A struct of one reference, held inline by an existential.
enum SmallExistential: Scenario {
  static var name: String { "small-existential" }

  protocol Style {
    var width: Int { get }
  }

  struct Inherited: Style {
    var view: View
    var width: Int { view.children }
  }

  final class View {
    var style: (any Style)?
    var children = 0
    init() { Census.born(View.self) }
    deinit { Census.died(View.self) }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(3) {
      let view = View()
      view.style = Inherited(view: view)
      publish(view)
    }
  }
}

/// A struct too large for an existential's three words: it lives in a box.
enum LargeExistential: Scenario {
  static var name: String { "large-existential" }

  protocol Style {
    var width: Int { get }
  }

  struct Explicit: Style {
    var width = 1
    var height = 2
    var margin = 3
    var padding = 4
    var view: View
  }

  final class View {
    var style: (any Style)?
    init() { Census.born(View.self) }
    deinit { Census.died(View.self) }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(3) {
      let view = View()
      view.style = Explicit(view: view)
      publish(view)
    }
  }
}

/// A strong reference to a delegate whose protocol is for classes only: no inline buffer.
enum StrongDelegate: Scenario {
  static var name: String { "strong-delegate" }

  protocol DownloadDelegate: AnyObject {
    func didFinish(_ download: Download)
  }

  final class Download {
    var delegate: (any DownloadDelegate)?
    init() { Census.born(Download.self) }
    deinit { Census.died(Download.self) }
  }

  final class Controller: DownloadDelegate {
    let download = Download()
    var finished = 0

    init() {
      Census.born(Controller.self)
      download.delegate = self
    }

    deinit { Census.died(Controller.self) }

    func didFinish(_ download: Download) { finished += 1 }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(4) {
      let controller = Controller()
      controller.download.delegate?.didFinish(controller.download)
      publish(controller)
    }
  }
}

/// `AnyObject`: one word without a witness table.
enum ClassExistential: Scenario {
  static var name: String { "class-existential" }

  final class Holder {
    var anything: AnyObject?
    init() { Census.born(Holder.self) }
    deinit { Census.died(Holder.self) }
  }

  final class Held {
    var holder: AnyObject?
    init() { Census.born(Held.self) }
    deinit { Census.died(Held.self) }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(3) {
      let holder = Holder()
      let held = Held()
      holder.anything = held
      held.holder = holder
      publish(holder)
    }
  }
}

/// An error that carries the request that keeps the error.
enum ErrorExistential: Scenario {
  static var name: String { "error-existential" }

  struct Failure: Error {
    var code: Int
    var request: Request
  }

  final class Request {
    var lastError: (any Error)?
    init() { Census.born(Request.self) }
    deinit { Census.died(Request.self) }

    func fail() throws {
      throw Failure(code: 7, request: self)
    }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(3) {
      let request = Request()
      do { try request.fail() } catch { request.lastError = error }
      publish(request)
    }
  }
}
