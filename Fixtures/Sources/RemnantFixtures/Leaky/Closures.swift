/// A stored closure that captures the object that stores it.
enum ClosureSelf {
  final class Ticker {
    var count = 0
    var onTick: (() -> Void)?

    init() {
      onTick = { self.count += 1 }
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    for _ in 1...5 {
      let ticker = Ticker()
      ticker.onTick?()
    }
  }
}

/// A capture list that names another object, which owns the closure's holder.
enum CaptureList {
  final class Button {
    var onTap: ((Int) -> Void)?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Panel {
    var taps = 0
    var button: Button?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func connect(weight: Int) {
    let panel = Panel()
    let button = Button()
    panel.button = button
    button.onTap = { [panel, weight] times in panel.taps += times * weight }
    button.onTap?(2)
  }

  @inline(never)
  static func run() {
    for weight in 1...4 { connect(weight: weight) }
  }
}

/// The closure is careful with self, and captures an object that leads back to it strongly.
enum UnownedCapture {
  final class Downloader {
    let name = "image.png"
    var completion: (() -> Void)?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class DiskCache {
    var names: [String] = []
    var downloader: Downloader?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func connect() {
    let downloader = Downloader()
    let cache = DiskCache()
    cache.downloader = downloader
    downloader.completion = { [unowned downloader, cache] in cache.names.append(downloader.name) }
    downloader.completion?()
  }

  @inline(never)
  static func run() {
    for _ in 1...2 { connect() }
  }
}

/// A closure that captures a closure that captures self.
enum NestedClosures {
  final class Pipeline {
    var steps = 0
    var start: ((Int) -> Int)?

    init() { Census.born(self) }

    deinit { Census.died(self) }

    @inline(never)
    func makeStep(by factor: Int) -> (Int) -> Int {
      { input in
        self.steps += 1
        return input * factor
      }
    }
  }

  @inline(never)
  static func compose(_ first: @escaping (Int) -> Int, times: Int) -> (Int) -> Int {
    { input in (0..<times).reduce(input) { partial, _ in first(partial) } }
  }

  @inline(never)
  static func run() {
    let pipeline = Pipeline()
    pipeline.start = compose(pipeline.makeStep(by: 3), times: 4)
    use(pipeline.start?(1) ?? 0)
  }
}

/// A method used as a value captures its object.
enum MethodReference {
  final class Menu {
    var action: (String) -> Void = { _ in }

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Controller {
    let menu = Menu()
    var chosen: [String] = []

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func choose(_ item: String) { chosen.append(item) }
  }

  @inline(never)
  static func run() {
    let controller = Controller()
    controller.menu.action = controller.choose
    controller.menu.action("open")
  }
}

/// A captured variable that holds the object, so the closure owns a box that owns it.
enum BoxedVariable {
  final class Window {
    var isOpen = true
    var onClose: (() -> Void)?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func open() -> Bool {
    var window: Window? = Window()
    // Closing would break the cycle; nobody closes.
    window?.onClose = { window = nil }
    return window?.isOpen ?? false
  }

  @inline(never)
  static func run() {
    for _ in 1...3 where !open() { return }
  }
}

/// A lazy property whose closure captures self, once it was used.
enum LazyClosure {
  final class Page {
    let title: String
    lazy var render: () -> String = { "<h1>\(self.title)</h1>" }

    init(title: String) {
      self.title = title
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    for number in 1...4 {
      let page = Page(title: "page \(number)")
      // The lazy closure of every second page is never made: those are freed.
      if number.isMultiple(of: 2) { use(page.render().count) }
    }
  }
}
